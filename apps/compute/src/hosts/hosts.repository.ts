import { Injectable } from '@nestjs/common';
import type { MessageBody } from '@virga/contract';
import type { hostReport } from '@virga/contracts-compute';
import { newId, only, type HostId, type Instant } from '@virga/kernel';
import { type Fragment, type Reader, type Tx, fragment, json } from '@virga/persistence';
import type { Host } from './host.js';
import type { HostRow, HostSettingRow } from './host.row.js';

export type HostReport = MessageBody<typeof hostReport>;

interface Source {
  host: string;
  sequence: number;
  at: Instant;
}

/** The availability zone of the host `h`: an aggregate's, as operators set it, else the host's own. */
export const zoneOf: Fragment = fragment`coalesce((
  SELECT g.metadata ->> 'availability_zone' FROM aggregate g JOIN aggregate_host m ON m.aggregate_id = g.id
  WHERE m.host = h.name AND g.metadata ? 'availability_zone' ORDER BY g.id LIMIT 1), h.availability_zone)`;

const HOSTS = fragment`
  SELECT h.name, h.id, ${zoneOf} AS availability_zone, h.resources, h.last_seen_at,
    coalesce(s.is_disabled, false) AS is_disabled, s.disabled_reason, coalesce(s.is_forced_down, false) AS is_forced_down
  FROM host h LEFT JOIN host_setting s ON s.host = h.name`;

@Injectable()
export class HostsRepository {
  /** Notes what a host reports; undefined where a newer report was there already. Answers whether its resources changed. */
  async record(tx: Tx, { host, sequence, at }: Source, report: HostReport): Promise<{ id: string; isChanged: boolean } | undefined> {
    const before = only(await tx.sql<Pick<HostRow, 'resources'>>`SELECT resources FROM host WHERE name = ${host} FOR UPDATE`);
    const rows = await tx.sql<{ id: string }>`
      INSERT INTO host AS h (name, id, service_id, sequence, availability_zone, agent_version, resources, last_seen_at)
      VALUES (${host}, ${newId()}, ${newId()}, ${sequence}, ${report.availabilityZone}, ${report.agentVersion}, ${json(report.resources)}, ${new Date(at)})
      ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence, availability_zone = excluded.availability_zone, agent_version = excluded.agent_version,
        resources = excluded.resources, last_seen_at = excluded.last_seen_at
      WHERE h.sequence < excluded.sequence
      RETURNING id`;
    const row = only(rows);
    return row && { id: row.id, isChanged: before === undefined || !isSameCapacity(before.resources as HostReport['resources'], report.resources) };
  }

  /** A report about a guest shows as well that its host lives. */
  async touch(tx: Tx, { host, at }: Source): Promise<void> {
    await tx.sql`UPDATE host SET last_seen_at = ${new Date(at)} WHERE name = ${host} AND last_seen_at < ${new Date(at - 5_000)}`;
  }

  async find(db: Reader, name: string): Promise<Host | undefined> {
    const row = only(await db.sql<HostRow & HostSettingRow>`${HOSTS} WHERE h.name = ${name}`);
    return row && fromRow(row);
  }

  async list(db: Reader): Promise<Host[]> {
    return (await db.sql<HostRow & HostSettingRow>`${HOSTS} ORDER BY h.name`).map(fromRow);
  }

  /** Whether the host has not been heard of since, was said to be down, or was never there. */
  async isSilent(db: Reader, name: HostId, since: Date): Promise<boolean> {
    const [row] = await db.sql<{ is_silent: boolean }>`
      SELECT (h.last_seen_at < ${since} OR coalesce(s.is_forced_down, false)) AS is_silent
      FROM host h LEFT JOIN host_setting s ON s.host = h.name WHERE h.name = ${name}`;
    return row?.is_silent ?? true;
  }

  async isZone(db: Reader, zone: string): Promise<boolean> {
    const [row] = await db.sql<{ exists: boolean }>`SELECT EXISTS (SELECT FROM host h WHERE ${zoneOf} = ${zone}) AS exists`;
    return row?.exists === true;
  }
}

/** Whether two reports say the same about what can be given away; what is used moves all the time. */
function isSameCapacity(one: HostReport['resources'], other: HostReport['resources']): boolean {
  const capacity = ({ vcpus, memoryMebibytes, diskGibibytes, hypervisorHostname, traits }: HostReport['resources']): string =>
    JSON.stringify([vcpus, memoryMebibytes, diskGibibytes, hypervisorHostname, [...traits].sort()]);
  return capacity(one) === capacity(other);
}

function fromRow(row: HostRow & HostSettingRow): Host {
  return {
    name: row.name as HostId, id: row.id, availabilityZone: row.availability_zone, resources: row.resources as Host['resources'],
    lastSeenAt: row.last_seen_at.getTime(), isDisabled: row.is_disabled, disabledReason: row.disabled_reason, isForcedDown: row.is_forced_down,
  };
}
