import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, only, type Clock, type HostId } from '@virga/kernel';
import { all, fragment, type Fragment, type Reader } from '@virga/persistence';
import { silentBefore, zoneOf } from '../hosts/index.js';
import type { HostRecord, HostResources } from './host-record.js';

interface HostRecordRow {
  name: string;
  number: number;
  id: string;
  service_id: string;
  zone: string;
  is_up: boolean;
  is_disabled: boolean;
  disabled_reason: string | null;
  is_forced_down: boolean;
  last_seen_at: Date;
  resources: HostResources;
  stocks: HostRecord['stocks'];
  server_count: number;
  busy_count: number;
  servers: HostRecord['servers'];
}

/** One host, by what names it. */
export type HostKey = { name: string } | { id: string } | { number: number } | { serviceId: string };

export interface HostPage {
  limit: number | undefined;
  /** The number of the last host of the previous page. */
  after: number | undefined;
  /** Part of the hypervisor's own name. */
  pattern: string | undefined;
  withServers: boolean;
}

/** The name of the guest in its hypervisor. */
const guestName = fragment`'instance-' || left(v.id::text, 8)`;

@Injectable()
export class HostRecordsRepository {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Hosts in the order in which they came, in one statement. */
  async page(db: Reader, { limit, after, pattern, withServers }: HostPage): Promise<HostRecord[]> {
    const conditions = [
      ...(after === undefined ? [] : [fragment`h.number > ${after}`]),
      ...(pattern === undefined ? [] : [fragment`position(${pattern} IN h.resources ->> 'hypervisorHostname') > 0`]),
    ];
    const rows = await db.sql<HostRecordRow>`${this.select(withServers)} WHERE ${all(conditions)} ORDER BY h.number LIMIT ${limit ?? null}`;
    return rows.map(fromRow);
  }

  async find(db: Reader, key: HostKey, withServers = false): Promise<HostRecord | undefined> {
    const row = only(await db.sql<HostRecordRow>`${this.select(withServers)} WHERE ${condition(key)}`);
    return row && fromRow(row);
  }

  private select(withServers: boolean): Fragment {
    const servers = withServers
      ? fragment`coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', v.id, 'name', ${guestName}) ORDER BY v.created_at, v.id) FROM server v WHERE v.host = h.name AND v.deleted_at IS NULL), '[]')`
      : fragment`'[]'::jsonb`;
    return fragment`
      SELECT h.name, h.number, h.id, h.service_id, h.resources, h.last_seen_at, ${zoneOf} AS zone,
        coalesce(s.is_disabled, false) AS is_disabled, s.disabled_reason, coalesce(s.is_forced_down, false) AS is_forced_down,
        (h.last_seen_at >= ${silentBefore(this.clock)} AND NOT coalesce(s.is_forced_down, false)) AS is_up,
        coalesce((
          SELECT jsonb_object_agg(i.resource_class, jsonb_build_object('reserved', i.reserved, 'used', (
            SELECT coalesce(sum(a.used), 0) FROM allocation a WHERE a.provider_uuid = i.provider_uuid AND a.resource_class = i.resource_class)))
          FROM inventory i WHERE i.provider_uuid = h.id), '{}') AS stocks,
        (SELECT count(*) FROM server v WHERE v.host = h.name AND v.deleted_at IS NULL) AS server_count,
        (SELECT count(*) FROM server v WHERE v.host = h.name AND v.deleted_at IS NULL AND v.task IS NOT NULL) AS busy_count,
        ${servers} AS servers
      FROM host h LEFT JOIN host_setting s ON s.host = h.name`;
  }
}

function condition(key: HostKey): Fragment {
  if ('name' in key) return fragment`h.name = ${key.name}`;
  if ('id' in key) return fragment`h.id = ${key.id}`;
  return 'number' in key ? fragment`h.number = ${key.number}` : fragment`h.service_id = ${key.serviceId}`;
}

function fromRow(row: HostRecordRow): HostRecord {
  return {
    name: row.name as HostId, number: Number(row.number), id: row.id, serviceId: row.service_id, zone: row.zone, isUp: row.is_up,
    isDisabled: row.is_disabled, disabledReason: row.disabled_reason, isForcedDown: row.is_forced_down, lastSeenAt: row.last_seen_at,
    resources: row.resources, stocks: row.stocks, serverCount: Number(row.server_count), busyCount: Number(row.busy_count), servers: row.servers,
  };
}
