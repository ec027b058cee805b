import { Injectable } from '@nestjs/common';
import { only, type ServerId } from '@virga/kernel';
import { type Reader, type Tx, json } from '@virga/persistence';
import { zoneOf } from '../hosts/index.js';
import type { Stock } from '../placement/index.js';
import type { Explanation } from './explanation.js';
import type { GroupRule, HostState } from './scheduler.js';
import type { SchedulingDecisionRow } from './scheduling-decision.row.js';

interface HostStateRow {
  name: string;
  provider: string;
  hypervisor_hostname: string;
  is_up: boolean;
  is_enabled: boolean;
  zone: string;
  stocks: Record<string, Stock> | null;
  traits: string[] | null;
  servers: string[] | null;
  server_count: number;
}

@Injectable()
export class SchedulingRepository {
  /** Every host as the scheduler sees it, in one statement. `named` are servers whose whereabouts matter to the request. */
  async hosts(db: Reader, asked: { upSince: Date; named: readonly string[] }): Promise<HostState[]> {
    const rows = await db.sql<HostStateRow>`
      WITH used AS (SELECT provider_uuid, resource_class, sum(used)::integer AS used FROM allocation GROUP BY 1, 2),
      stock AS (
        SELECT i.provider_uuid, jsonb_object_agg(i.resource_class, jsonb_build_object(
          'total', i.total, 'reserved', i.reserved, 'minUnit', i.min_unit, 'maxUnit', i.max_unit, 'stepSize', i.step_size,
          'allocationRatio', i.allocation_ratio, 'used', coalesce(u.used, 0))) AS stocks
        FROM inventory i LEFT JOIN used u USING (provider_uuid, resource_class) GROUP BY i.provider_uuid),
      placed AS (
        SELECT host, count(*)::integer AS server_count, array_agg(id::text) FILTER (WHERE id = ANY(${asked.named}::uuid[])) AS servers
        FROM server WHERE deleted_at IS NULL AND host IS NOT NULL GROUP BY host)
      SELECT h.name, h.id AS provider, h.resources ->> 'hypervisorHostname' AS hypervisor_hostname, ${zoneOf} AS zone,
        h.last_seen_at >= ${asked.upSince} AND NOT coalesce(s.is_forced_down, false) AS is_up, NOT coalesce(s.is_disabled, false) AS is_enabled,
        k.stocks, ARRAY(SELECT trait FROM provider_trait t WHERE t.provider_uuid = h.id) AS traits,
        p.servers, coalesce(p.server_count, 0) AS server_count
      FROM host h LEFT JOIN host_setting s ON s.host = h.name LEFT JOIN stock k ON k.provider_uuid = h.id LEFT JOIN placed p ON p.host = h.name
      ORDER BY h.name`;
    return rows.map(stateFrom);
  }

  /** Keeps others of the same group from being placed until the transaction ends; answers how its members are spread. */
  async lockGroup(tx: Tx, groupId: string): Promise<GroupRule | undefined> {
    await tx.sql`SELECT pg_advisory_xact_lock(hashtextextended(${`server-group ${groupId}`}, 0))`;
    return this.group(tx, groupId);
  }

  async group(db: Reader, groupId: string): Promise<GroupRule | undefined> {
    const row = only(await db.sql<{ policy: GroupRule['policy']; max_server_per_host: number | null; members: Record<string, number> | null }>`
      SELECT g.policy, g.max_server_per_host, (
        SELECT jsonb_object_agg(host, count) FROM (
          SELECT host, count(*) AS count FROM server WHERE group_id = g.id AND host IS NOT NULL AND deleted_at IS NULL GROUP BY host) AS spread) AS members
      FROM server_group g WHERE g.id = ${groupId}`);
    return row && { policy: row.policy, maxPerHost: row.max_server_per_host ?? 1, membersByHost: new Map(Object.entries(row.members ?? {})) };
  }

  async keep(tx: Tx, server: ServerId, at: Date, explanation: Explanation): Promise<void> {
    await tx.sql`
      INSERT INTO scheduling_decision (server_id, decided_at, explanation) VALUES (${server}, ${at}, ${json(explanation)})
      ON CONFLICT (server_id) DO UPDATE SET decided_at = excluded.decided_at, explanation = excluded.explanation`;
  }

  async findDecision(db: Reader, server: ServerId): Promise<{ decidedAt: Date; explanation: Explanation } | undefined> {
    const row = only(await db.sql<SchedulingDecisionRow>`SELECT * FROM scheduling_decision WHERE server_id = ${server}`);
    return row && { decidedAt: row.decided_at, explanation: row.explanation as Explanation };
  }
}

function stateFrom(row: HostStateRow): HostState {
  return {
    name: row.name, provider: row.provider, hypervisorHostname: row.hypervisor_hostname, isUp: row.is_up, isEnabled: row.is_enabled, zone: row.zone,
    stocks: row.stocks ?? {}, traits: new Set(row.traits ?? []), servers: new Set(row.servers ?? []), serverCount: row.server_count,
  };
}
