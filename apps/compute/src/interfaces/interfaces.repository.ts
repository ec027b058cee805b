import { Injectable } from '@nestjs/common';
import type { ServerNic } from '@virga/contracts-network';
import { isUuid, type ServerId } from '@virga/kernel';
import { type Reader, type Tx, fragment, json } from '@virga/persistence';

/** What replies show of an interface. */
export interface ShownNic {
  networkName: string;
  mac: string;
  fixedIps: { ip: string; version: number; floatingIps: string[] }[];
  /** Names of security groups. */
  groups: string[];
}

function shownOf({ networkName, mac, fixedIps, securityGroups }: ServerNic): ShownNic {
  return {
    networkName, mac, fixedIps: fixedIps.map(({ ip, version, floatingIps }) => ({ ip, version, floatingIps })), groups: securityGroups.map(({ name }) => name),
  };
}

/** An interface with the tag that its owner gave it. */
export type Interface = ServerNic & { tag: string | null };

/** What network says about servers' interfaces. A newer fact replaces an older one, never the other way round. */
@Injectable()
export class InterfacesRepository {
  async record(tx: Tx, nics: readonly ServerNic[], tags: readonly (string | null)[] = []): Promise<void> {
    if (nics.length === 0) return;
    const rows = nics.map((facts, index) => ({
      port_id: facts.portId, server_id: facts.serverId, revision: facts.revision, facts, tag: tags[index] ?? null,
      addresses: facts.fixedIps.flatMap(({ ip, floatingIps }) => [ip, ...floatingIps]), shown: shownOf(facts),
    }));
    await tx.sql`
      INSERT INTO server_nic AS n (port_id, server_id, revision, facts, addresses, shown, tag)
      SELECT port_id, server_id, revision, facts, ARRAY(SELECT jsonb_array_elements_text(addresses)), shown, tag
      FROM jsonb_to_recordset(${json(rows)}::jsonb) AS given (port_id uuid, server_id uuid, revision bigint, facts jsonb, addresses jsonb, shown jsonb, tag text)
      ON CONFLICT (port_id) DO UPDATE
      SET server_id = excluded.server_id, revision = excluded.revision, facts = excluded.facts, addresses = excluded.addresses, shown = excluded.shown,
        is_gone = false,
        tag = coalesce(excluded.tag, n.tag)
      WHERE n.revision < excluded.revision OR (n.revision = excluded.revision AND excluded.tag IS NOT NULL)`;
  }

  /** The port is no interface of the server any more; the row stays, so that an older fact cannot bring it back. */
  async recordGone(tx: Tx, { serverId, portId, revision }: { serverId: string; portId: string; revision: number }): Promise<void> {
    await tx.sql`
      INSERT INTO server_nic AS n (port_id, server_id, revision, is_gone) VALUES (${portId}, ${serverId}, ${revision}, true)
      ON CONFLICT (port_id) DO UPDATE SET is_gone = true, revision = excluded.revision, facts = NULL, shown = NULL, addresses = '{}'
      WHERE n.server_id = excluded.server_id AND n.revision <= excluded.revision`;
  }

  /** Network has answered that these ports are released: whatever revision we know is older than that. */
  async forget(tx: Tx, serverId: ServerId, portIds: readonly string[] | undefined): Promise<void> {
    await tx.sql`
      UPDATE server_nic SET is_gone = true, facts = NULL, shown = NULL, addresses = '{}'
      WHERE server_id = ${serverId} AND NOT is_gone AND (${portIds === undefined} OR port_id = ANY(${portIds ?? []}::uuid[]))`;
  }

  /** The server's interfaces in the order in which they were attached. */
  async list(db: Reader, serverId: ServerId): Promise<Interface[]> {
    const rows = await db.sql<{ facts: ServerNic; tag: string | null }>`
      SELECT facts, tag FROM server_nic WHERE server_id = ${serverId} AND NOT is_gone ORDER BY position`;
    return rows.map(({ facts, tag }) => ({ ...facts, tag }));
  }

  /** The interfaces of many servers. */
  async ofServers(db: Reader, ids: readonly string[]): Promise<Interface[]> {
    const rows = await db.sql<{ facts: ServerNic; tag: string | null }>`
      SELECT facts, tag FROM server_nic WHERE server_id = ANY(${ids.filter(isUuid)}::uuid[]) AND NOT is_gone ORDER BY server_id, position`;
    return rows.map(({ facts, tag }) => ({ ...facts, tag }));
  }

  /** Servers that have interfaces as far as we know, in the order of their ids. */
  async serversWithNics(db: Reader, after: ServerId | undefined, limit: number): Promise<ServerId[]> {
    const rest = after === undefined ? fragment`TRUE` : fragment`server_id > ${after}`;
    const rows = await db.sql<{ server_id: ServerId }>`
      SELECT DISTINCT server_id FROM server_nic WHERE NOT is_gone AND ${rest} ORDER BY server_id LIMIT ${limit}`;
    return rows.map(({ server_id }) => server_id);
  }

  /** The ports that guests have, of servers whose hosts have confirmed their latest command. */
  async plugged(db: Reader, ids: readonly string[]): Promise<Map<string, string[]>> {
    const rows = await db.sql<{ id: string; port_ids: string[] }>`
      SELECT s.id, g.port_ids FROM server s JOIN guest_observation g ON g.server_id = s.id AND g.host = s.host
      WHERE s.id = ANY(${ids.filter(isUuid)}::uuid[]) AND g.power IS NOT NULL AND g.generation >= s.generation`;
    return new Map(rows.map(({ id, port_ids }) => [id, port_ids]));
  }
}
