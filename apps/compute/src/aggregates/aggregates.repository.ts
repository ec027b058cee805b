import { Injectable } from '@nestjs/common';
import { newId, only, raise, type HostId } from '@virga/kernel';
import { fragment, json, nothing, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { AggregateHostRow, AggregateRow, zoneOf } from '../hosts/index.js';
import { AggregateExists, AggregateHostExists, AggregateUnknown, type Aggregate, type ZonesByHost } from './aggregate.js';

type FullRow = AggregateRow & { hosts: string[] };

@Injectable()
export class AggregatesRepository {
  async list(db: Reader): Promise<Aggregate[]> {
    return (await db.sql<FullRow>`${select(nothing)} ORDER BY g.id`).map(fromRow);
  }

  async get(db: Reader, id: number): Promise<Aggregate> {
    const rows = await db.sql<FullRow>`${select(fragment`WHERE g.id = ${id}`)}`;
    return fromRow(only(rows) ?? raise(new AggregateUnknown(id)));
  }

  /** Until the transaction ends nobody else changes any aggregate: what must hold of zones concerns several at once. */
  async lockAll(tx: Tx): Promise<void> {
    await tx.sql`LOCK TABLE aggregate IN SHARE ROW EXCLUSIVE MODE`;
  }

  async insert(tx: Tx, name: string, metadata: Record<string, string>): Promise<Aggregate> {
    const row = await tx.insert(AggregateRow, { uuid: newId(), name, metadata }).catch(onUnique('aggregate_name', () => new AggregateExists(name)));
    return fromRow({ ...row, hosts: [] });
  }

  async update(tx: Tx, id: number, { name, metadata }: Pick<Aggregate, 'name' | 'metadata'>): Promise<void> {
    await tx.sql`UPDATE aggregate SET name = ${name}, metadata = ${json(metadata)}, updated_at = now() WHERE id = ${id}`
      .catch(onUnique('aggregate_name', () => new AggregateExists(name)));
  }

  async delete(tx: Tx, id: number): Promise<void> {
    await tx.sql`DELETE FROM aggregate WHERE id = ${id}`;
  }

  async addHost(tx: Tx, id: number, host: HostId): Promise<void> {
    await tx.insert(AggregateHostRow, { aggregate_id: id, host }).catch(onUnique('aggregate_host_pkey', () => new AggregateHostExists(id, host)));
    await tx.sql`UPDATE aggregate SET updated_at = now() WHERE id = ${id}`;
  }

  /** Answers whether it was in it. */
  async removeHost(tx: Tx, id: number, host: string): Promise<boolean> {
    const rows = await tx.sql`DELETE FROM aggregate_host WHERE aggregate_id = ${id} AND host = ${host} RETURNING host`;
    await tx.sql`UPDATE aggregate SET updated_at = now() WHERE id = ${id}`;
    return rows.length > 0;
  }

  /** The zones of the hosts that have servers. */
  async zonesInUse(tx: Tx): Promise<ZonesByHost> {
    const rows = await tx.sql<{ name: string; zone: string }>`
      SELECT h.name, ${zoneOf} AS zone FROM host h WHERE EXISTS (SELECT FROM server v WHERE v.host = h.name AND v.deleted_at IS NULL)`;
    return new Map(rows.map(({ name, zone }) => [name, zone]));
  }

  /** A host that aggregates put into several zones. */
  async findTorn(tx: Tx): Promise<string | undefined> {
    const [row] = await tx.sql<{ host: string }>`
      SELECT m.host FROM aggregate_host m JOIN aggregate g ON g.id = m.aggregate_id WHERE g.metadata ? 'availability_zone'
      GROUP BY m.host HAVING count(DISTINCT g.metadata ->> 'availability_zone') > 1 LIMIT 1`;
    return row?.host;
  }
}

function select(where: Fragment): Fragment {
  return fragment`SELECT g.*, ARRAY(SELECT m.host FROM aggregate_host m WHERE m.aggregate_id = g.id ORDER BY m.host) AS hosts FROM aggregate g ${where}`;
}

function fromRow(row: FullRow): Aggregate {
  return { id: row.id, uuid: row.uuid, name: row.name, metadata: row.metadata, hosts: row.hosts as HostId[], createdAt: row.created_at, updatedAt: row.updated_at };
}
