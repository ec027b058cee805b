import { Injectable } from '@nestjs/common';
import { isUuid, only, raise, type PageRequest } from '@virga/kernel';
import { all, fragment, json, keyset, markerValues, onUnique, type Fragment, type KeysetColumn, type Reader, type Tx } from '@virga/persistence';
import { QosSpecsRow } from '../volume-types/index.js';
import { QosExists, QosUnknown, type QosAssociation, type QosSpecs } from './qos-specs.js';
import type { Qos } from './volume-limits.js';

export interface QosFilters {
  id?: string | undefined;
  name?: string | undefined;
  consumer?: string | undefined;
}

const SORT_COLUMNS: Record<string, KeysetColumn> = {
  id: { column: 'q.id', direction: 'desc' }, name: { column: 'q.name', direction: 'desc' }, consumer: { column: 'q.consumer', direction: 'desc' },
  created_at: { column: 'q.created_at', direction: 'desc' }, updated_at: { column: 'q.updated_at', direction: 'desc', isNullable: true },
};

@Injectable()
export class QosSpecsRepository {
  async find(db: Reader, id: string): Promise<QosSpecs | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<QosSpecsRow>`SELECT * FROM qos_specs WHERE id = ${id}`);
    return row && fromRow(row);
  }

  /** What holds for volumes of this type; undefined where nothing does. */
  async ofType(db: Reader, typeId: string): Promise<Qos | undefined> {
    const row = only(await db.sql<QosSpecsRow>`SELECT q.* FROM volume_type t JOIN qos_specs q ON q.id = t.qos_specs_id WHERE t.id = ${typeId}`);
    return row && fromRow(row);
  }

  /** The specs for as long as the transaction lasts. Throws where there are none. */
  async lock(tx: Tx, id: string): Promise<QosSpecs> {
    if (!isUuid(id)) throw new QosUnknown(id);
    const row = only(await tx.sql<QosSpecsRow>`SELECT * FROM qos_specs WHERE id = ${id} FOR UPDATE`);
    return row === undefined ? raise(new QosUnknown(id)) : fromRow(row);
  }

  async page(db: Reader, filters: QosFilters, page: PageRequest & { offset: number }): Promise<QosSpecs[]> {
    const columns = sortColumns(page);
    const { after, order } = keyset(columns, page.marker === undefined ? undefined : markerValues('qos_specs', columns, { id: page.marker }));
    const rows = await db.sql<QosSpecsRow>`
      SELECT q.* FROM qos_specs q WHERE ${all([...conditions(filters), after])} ORDER BY ${order} LIMIT ${page.limit} OFFSET ${page.offset}`;
    return rows.map(fromRow);
  }

  async insert(tx: Tx, specs: QosSpecs): Promise<QosSpecs> {
    return fromRow(await tx.insert(QosSpecsRow, { ...specs }).catch(onUnique('qos_specs_name', () => new QosExists(specs.name))));
  }

  async set(tx: Tx, id: string, { consumer, specs }: Qos): Promise<void> {
    await tx.sql`UPDATE qos_specs SET consumer = ${consumer}, specs = ${json(specs)}::jsonb, updated_at = now() WHERE id = ${id}`;
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM qos_specs WHERE id = ${id}`;
  }

  async associations(db: Reader, id: string): Promise<QosAssociation[]> {
    const rows = await db.sql<{ id: string; name: string }>`SELECT id, name FROM volume_type WHERE qos_specs_id = ${id} AND deleted_at IS NULL ORDER BY name`;
    return rows.map((row) => ({ typeId: row.id, typeName: row.name }));
  }

  async associate(tx: Tx, id: string | null, typeId: string): Promise<void> {
    await tx.sql`UPDATE volume_type SET qos_specs_id = ${id}, updated_at = now() WHERE id = ${typeId}`;
  }

  async disassociateAll(tx: Tx, id: string): Promise<void> {
    await tx.sql`UPDATE volume_type SET qos_specs_id = NULL, updated_at = now() WHERE qos_specs_id = ${id}`;
  }
}

function conditions({ id, name, consumer }: QosFilters): Fragment[] {
  return [
    ...(id === undefined ? [] : [fragment`q.id::text = ${id}`]), ...(name === undefined ? [] : [fragment`q.name = ${name}`]),
    ...(consumer === undefined ? [] : [fragment`q.consumer = ${consumer}`]),
  ];
}

function sortColumns(page: PageRequest): KeysetColumn[] {
  const keys = page.sort.map(({ key, direction }): KeysetColumn => ({ ...(SORT_COLUMNS[key] as KeysetColumn), direction }));
  const last = keys.findIndex(({ column }) => column === 'q.id');
  return last >= 0 ? keys.slice(0, last + 1) : [...keys, { column: 'q.id', direction: page.sort.at(-1)?.direction ?? 'desc' }];
}

function fromRow({ id, name, consumer, specs }: QosSpecsRow): QosSpecs {
  return { id, name, consumer, specs };
}
