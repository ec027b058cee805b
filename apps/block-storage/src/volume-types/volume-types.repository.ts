import { Injectable } from '@nestjs/common';
import { isUuid, only, raise, type PageRequest } from '@virga/kernel';
import { all, fragment, json, keyset, markerValues, onUnique, type Fragment, type KeysetColumn, type Reader, type Tx } from '@virga/persistence';
import type { ExtraSpecs } from './extra-specs.js';
import { TYPES, typeFrom, type StoredType } from './stored-type.js';
import { VolumeTypeExists } from './volume-type-faults.js';
import { DEFAULT_TYPE, VolumeTypeUnknown, type VolumeType } from './volume-type.js';
import { VolumeTypeRow } from './volume-type.row.js';

/** Whose view of the volume types it is. */
export interface TypeViewer {
  projectId: string | undefined;
  isAdmin: boolean;
}

export interface TypeFilters {
  /** Undefined: all, public or not. Public ones include those that the project was given access to. */
  isPublic: boolean | undefined;
  extraSpecs: ExtraSpecs | undefined;
}

export interface NewVolumeType {
  id: string;
  name: string;
  description: string | null;
  isPublic: boolean;
  extraSpecs: ExtraSpecs;
}

export type VolumeTypeChange = Partial<Pick<NewVolumeType, 'name' | 'description' | 'isPublic'>>;

const SORT_COLUMNS: Record<string, KeysetColumn> = {
  id: { column: 't.id', direction: 'desc' }, name: { column: 't.name', direction: 'desc' }, created_at: { column: 't.created_at', direction: 'desc' },
  updated_at: { column: 't.updated_at', direction: 'desc', isNullable: true }, description: { column: 't.description', direction: 'desc', isNullable: true },
  is_public: { column: 't.is_public', direction: 'desc' },
};

@Injectable()
export class VolumeTypesRepository {
  /** The type of that id that the viewer may use; any one for administrators. */
  async findVisible(db: Reader, id: string, viewer: TypeViewer): Promise<VolumeType | undefined> {
    if (!isUuid(id)) return undefined;
    const visible = viewer.isAdmin ? [] : [usableBy(viewer.projectId)];
    return typeOf(await db.sql<StoredType>`${TYPES} WHERE ${all([fragment`t.id = ${id} AND t.deleted_at IS NULL`, ...visible])}`);
  }

  async findNamed(db: Reader, idOrName: string): Promise<VolumeType | undefined> {
    const isIt = isUuid(idOrName) ? fragment`(t.id = ${idOrName} OR t.name = ${idOrName})` : fragment`t.name = ${idOrName}`;
    return typeOf(await db.sql<StoredType>`${TYPES} WHERE t.deleted_at IS NULL AND ${isIt} ORDER BY t.name = ${idOrName} LIMIT 1`);
  }

  /** The type for as long as the transaction lasts: nobody changes it, and no volume of it comes into being. Throws where there is none. */
  async lock(tx: Tx, id: string): Promise<VolumeType> {
    if (!isUuid(id)) throw new VolumeTypeUnknown(id);
    await tx.sql`SELECT FROM volume_type WHERE id = ${id} FOR UPDATE`;
    return typeOf(await tx.sql<StoredType>`${TYPES} WHERE t.id = ${id} AND t.deleted_at IS NULL`) ?? raise(new VolumeTypeUnknown(id));
  }

  async page(db: Reader, projectId: string | undefined, filters: TypeFilters, page: PageRequest & { offset: number }): Promise<VolumeType[]> {
    const columns = sortColumns(page);
    const { after, order } = keyset(columns, page.marker === undefined ? undefined : markerValues('volume_type', columns, { id: page.marker }));
    const rows = await db.sql<StoredType>`
      ${TYPES} WHERE ${all([fragment`t.deleted_at IS NULL`, ...conditions(projectId, filters), after])} ORDER BY ${order} LIMIT ${page.limit} OFFSET ${page.offset}`;
    return rows.map(typeFrom);
  }

  async insert(tx: Tx, { id, name, description, isPublic, extraSpecs }: NewVolumeType): Promise<VolumeType> {
    const row = await tx.insert(VolumeTypeRow, { id, name, description, is_public: isPublic, extra_specs: extraSpecs })
      .catch(onUnique('volume_type_name', () => new VolumeTypeExists(name)));
    return typeFrom({ ...row, encryption: null });
  }

  /** Leaves alone what the change does not name. */
  async update(tx: Tx, id: string, { name, description, isPublic }: VolumeTypeChange): Promise<void> {
    await tx.sql`
      UPDATE volume_type SET name = coalesce(${name ?? null}, name), is_public = coalesce(${isPublic ?? null}, is_public), updated_at = now(),
        description = CASE WHEN ${description === undefined} THEN description ELSE ${description ?? null} END
      WHERE id = ${id}`.catch(onUnique('volume_type_name', () => new VolumeTypeExists(name ?? '')));
  }

  /** Its row stays for as long as volumes of it are remembered. */
  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM volume_type_access WHERE type_id = ${id}`;
    await tx.sql`DELETE FROM volume_type_encryption WHERE type_id = ${id}`;
    await tx.sql`UPDATE volume_type SET deleted_at = now(), qos_specs_id = NULL WHERE id = ${id}`;
  }

  /** Whether volumes of the type exist. */
  async isUsed(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM volume WHERE type_id = ${id} AND deleted_at IS NULL LIMIT 1`).length > 0;
  }

  async addExtraSpecs(tx: Tx, id: string, specs: ExtraSpecs): Promise<void> {
    await tx.sql`UPDATE volume_type SET extra_specs = extra_specs || ${json(specs)}::jsonb, updated_at = now() WHERE id = ${id}`;
  }

  /** Answers whether there was such a key. */
  async removeExtraSpec(tx: Tx, id: string, key: string): Promise<boolean> {
    const rows = await tx.sql`UPDATE volume_type SET extra_specs = extra_specs - ${key}::text, updated_at = now() WHERE id = ${id} AND extra_specs ? ${key} RETURNING id`;
    return rows.length > 0;
  }

  /** The names of all types: each has limits of its own. */
  async names(db: Reader): Promise<string[]> {
    const rows = await db.sql<{ name: string }>`SELECT name FROM volume_type WHERE deleted_at IS NULL ORDER BY name`;
    return rows.map(({ name }) => name);
  }

  /** Whether volumes whose makers chose no type get this one, in some project or in all. */
  async isDefault(db: Reader, { id, name }: Pick<VolumeType, 'id' | 'name'>): Promise<boolean> {
    return name === DEFAULT_TYPE || (await db.sql`SELECT FROM default_volume_type WHERE type_id = ${id} LIMIT 1`).length > 0;
  }
}

function usableBy(projectId: string | undefined): Fragment {
  return fragment`(t.is_public OR EXISTS (SELECT FROM volume_type_access a WHERE a.type_id = t.id AND a.project_id = ${projectId ?? ''}))`;
}

function conditions(projectId: string | undefined, { isPublic, extraSpecs }: TypeFilters): Fragment[] {
  return [
    ...(isPublic === undefined ? [] : [isPublic ? usableBy(projectId) : fragment`NOT t.is_public`]),
    ...(extraSpecs === undefined ? [] : [fragment`t.extra_specs @> ${json(extraSpecs)}::jsonb`]),
  ];
}

function sortColumns(page: PageRequest): KeysetColumn[] {
  const keys = page.sort.map(({ key, direction }): KeysetColumn => ({ ...(SORT_COLUMNS[key] as KeysetColumn), direction }));
  const last = keys.findIndex(({ column }) => column === 't.id');
  return last >= 0 ? keys.slice(0, last + 1) : [...keys, { column: 't.id', direction: page.sort.at(-1)?.direction ?? 'desc' }];
}

function typeOf(rows: readonly StoredType[]): VolumeType | undefined {
  const row = only(rows);
  return row && typeFrom(row);
}
