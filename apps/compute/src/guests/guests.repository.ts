import { Injectable } from '@nestjs/common';
import type { HostId, Instant, ServerId } from '@virga/kernel';
import { type Reader, type Tx, json } from '@virga/persistence';
import type { GuestObservationRow } from './guest-observation.row.js';

/** What a host said last about a server's guest. */
export interface GuestObservation {
  host: HostId;
  generation: number;
  /** Null: the host says that it has no such guest. */
  power: 'running' | 'paused' | 'shutdown' | 'crashed' | null;
  portIds: string[];
  attachmentIds: string[];
  failure: GuestFailure | null;
}

/** A command that the host could not carry out, with the generation of that command. */
export interface GuestFailure {
  generation: number;
  command: string;
  code: string;
  message: string;
  /** Trying again cannot help. */
  isFinal: boolean;
}

export interface ReportedGuest {
  id: string;
  generation: number;
  power: string | null;
  portIds: string[];
  /** Absent where it has no volumes. */
  attachmentIds?: string[];
  /** Of its disks, by target, and its NICs, by port. */
  pciAddresses?: Record<string, string>;
}

/** A report: who sends it and which of two is newer. */
export interface ReportSource {
  host: string;
  sequence: number;
  at: Instant;
}

/** What hosts say about guests. A newer fact replaces an older one, never the other way round. */
@Injectable()
export class GuestsRepository {
  /** What each host that was ever told of the guest says about it. */
  async list(db: Reader, serverId: ServerId): Promise<GuestObservation[]> {
    const rows = await db.sql<GuestObservationRow>`SELECT * FROM guest_observation WHERE server_id = ${serverId}`;
    return rows.map(observationFrom);
  }

  /** The same of many servers. */
  async ofServers(db: Reader, ids: readonly ServerId[]): Promise<(GuestObservation & { serverId: ServerId })[]> {
    const rows = await db.sql<GuestObservationRow>`SELECT * FROM guest_observation WHERE server_id = ANY(${ids}::uuid[])`;
    return rows.map((row) => ({ ...observationFrom(row), serverId: row.server_id as ServerId }));
  }

  async find(db: Reader, serverId: ServerId, host: HostId): Promise<GuestObservation | undefined> {
    return (await this.list(db, serverId)).find((guest) => guest.host === host);
  }

  /** Answers whether the report was newer than what was known. */
  async record(tx: Tx, { host, sequence, at }: ReportSource, guest: ReportedGuest): Promise<boolean> {
    const rows = await tx.sql`
      INSERT INTO guest_observation AS o (server_id, host, sequence, generation, power, port_ids, attachment_ids, pci_addresses, observed_at)
      VALUES (${guest.id}, ${host}, ${sequence}, ${guest.generation}, ${guest.power}, ${guest.portIds}, ${guest.attachmentIds ?? []}, ${json(guest.pciAddresses ?? {})},
        ${new Date(at)})
      ON CONFLICT (server_id, host) DO UPDATE
      SET sequence = excluded.sequence, generation = excluded.generation, power = excluded.power, port_ids = excluded.port_ids,
        attachment_ids = excluded.attachment_ids, pci_addresses = excluded.pci_addresses, observed_at = excluded.observed_at
      WHERE o.sequence < excluded.sequence
      RETURNING server_id`;
    return rows.length > 0;
  }

  async recordFailure(tx: Tx, { host, sequence, at }: ReportSource, { id, generation, command, code, message, isFinal }: GuestFailure & { id: string }): Promise<void> {
    await tx.sql`
      INSERT INTO guest_observation AS o (server_id, host, sequence, generation, power, observed_at, failure, failed_generation)
      VALUES (${id}, ${host}, 0, 0, NULL, ${new Date(at)}, ${json({ generation, command, code, message, isFinal, sequence })}, ${generation})
      ON CONFLICT (server_id, host) DO UPDATE SET failure = excluded.failure, failed_generation = excluded.failed_generation
      WHERE coalesce((o.failure ->> 'sequence')::bigint, 0) < ${sequence}`;
  }

  /**
   * All guests of a host at once: those that it does not name are not there. Answers the servers of which something changed,
   * so that only their operations are woken.
   */
  async recordAll(tx: Tx, { host, sequence, at }: ReportSource, guests: readonly ReportedGuest[]): Promise<ServerId[]> {
    const rows = guests.map(({ id, generation, power, portIds, attachmentIds = [], pciAddresses = {} }) => ({
      id, generation, power, port_ids: portIds, attachment_ids: attachmentIds, pci_addresses: pciAddresses,
    }));
    const changed = await tx.sql<{ server_id: ServerId }>`
      WITH given AS (
        SELECT id, generation, power, ARRAY(SELECT jsonb_array_elements_text(port_ids)) AS port_ids,
          ARRAY(SELECT jsonb_array_elements_text(attachment_ids)) AS attachment_ids, pci_addresses
        FROM jsonb_to_recordset(${json(rows)}::jsonb) AS g (id uuid, generation integer, power text, port_ids jsonb, attachment_ids jsonb, pci_addresses jsonb)),
      before AS (SELECT * FROM guest_observation WHERE host = ${host}),
      applied AS (
        INSERT INTO guest_observation AS o (server_id, host, sequence, generation, power, port_ids, attachment_ids, pci_addresses, observed_at)
        SELECT id, ${host}, ${sequence}, generation, power, port_ids, attachment_ids, pci_addresses, ${new Date(at)} FROM given
        ON CONFLICT (server_id, host) DO UPDATE
        SET sequence = excluded.sequence, generation = excluded.generation, power = excluded.power, port_ids = excluded.port_ids,
          attachment_ids = excluded.attachment_ids, pci_addresses = excluded.pci_addresses, observed_at = excluded.observed_at
        WHERE o.sequence < excluded.sequence
        RETURNING server_id, generation, power, port_ids, attachment_ids),
      gone AS (
        UPDATE guest_observation SET power = NULL, port_ids = '{}', attachment_ids = '{}', pci_addresses = '{}', sequence = ${sequence}, observed_at = ${new Date(at)}
        WHERE host = ${host} AND sequence < ${sequence} AND power IS NOT NULL AND server_id <> ALL (SELECT id FROM given)
        RETURNING server_id)
      SELECT a.server_id FROM applied a LEFT JOIN before b USING (server_id)
      WHERE (a.generation, a.power, a.port_ids, a.attachment_ids) IS DISTINCT FROM (b.generation, b.power, b.port_ids, b.attachment_ids)
      UNION SELECT server_id FROM gone`;
    return changed.map(({ server_id }) => server_id);
  }

  /** Nothing is known of guests of servers that are long gone. */
  async forget(tx: Tx, serverId: ServerId): Promise<void> {
    await tx.sql`DELETE FROM guest_observation WHERE server_id = ${serverId} AND power IS NULL`;
  }
}

function observationFrom(row: GuestObservationRow): GuestObservation {
  return {
    host: row.host as HostId, generation: row.generation, power: row.power as GuestObservation['power'], portIds: row.port_ids, attachmentIds: row.attachment_ids,
    failure: row.failure as GuestObservation['failure'],
  };
}
