import { Injectable } from '@nestjs/common';
import { isUuid, only, raise } from '@virga/kernel';
import { all, fragment, join, json, onForeignKey, onUnique, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { orderOf, type ListedColumns, type Listing } from '../listings/index.js';
import { GroupTypeExists, GroupTypeInUse, GroupTypeUnknown } from './group-type-faults.js';
import { GroupTypeRow } from './group-type.row.js';
import type { GroupType } from './group-type.js';

const COLUMNS: ListedColumns = {
  id: { column: 't.id', as: 'uuid' }, name: { column: 't.name', as: 'text' }, description: { column: 't.description', as: 'text', isNullable: true },
  is_public: { column: 't.is_public', as: 'boolean' }, created_at: { column: 't.created_at', as: 'time' }, updated_at: { column: 't.updated_at', as: 'time', isNullable: true },
};
export const GROUP_TYPE_SORT_KEYS: readonly string[] = Object.keys(COLUMNS);

@Injectable()
export class GroupTypesRepository {
  async insert(tx: Tx, type: GroupType): Promise<GroupType> {
    const values = { id: type.id, name: type.name, description: type.description, is_public: type.isPublic, specs: type.specs };
    return typeFrom(await tx.insert(GroupTypeRow, values).catch(onUnique('group_type_name', () => new GroupTypeExists(type.name))));
  }

  async find(db: Reader, id: string): Promise<GroupType | undefined> {
    const row = isUuid(id) ? only(await db.sql<GroupTypeRow>`SELECT * FROM group_type WHERE id = ${id}`) : undefined;
    return row && typeFrom(row);
  }

  async findByName(db: Reader, name: string): Promise<GroupType | undefined> {
    const row = only(await db.sql<GroupTypeRow>`SELECT * FROM group_type WHERE name = ${name}`);
    return row && typeFrom(row);
  }

  /** The group type, kept from changing until the transaction ends. */
  async lock(tx: Tx, id: string): Promise<GroupType> {
    const row = isUuid(id) ? only(await tx.sql<GroupTypeRow>`SELECT * FROM group_type WHERE id = ${id} FOR UPDATE`) : undefined;
    return typeFrom(row ?? raise(new GroupTypeUnknown(id)));
  }

  /** One page; `isPublic` undefined means both kinds. */
  async page(db: Reader, isPublic: boolean | undefined, listing: Listing): Promise<GroupType[]> {
    const { order, after } = orderOf('group_type', 't', listing, COLUMNS);
    const rows = await db.sql<GroupTypeRow>`
      SELECT t.* FROM group_type t WHERE ${all([ofKind(isPublic), after])} ORDER BY ${order} LIMIT ${listing.limit} OFFSET ${listing.offset}`;
    return rows.map(typeFrom);
  }

  async update(tx: Tx, id: string, change: Partial<Omit<GroupType, 'id'>>): Promise<GroupType> {
    const changes = [
      ...(change.name === undefined ? [] : [fragment`name = ${change.name}`]),
      ...(change.description === undefined ? [] : [fragment`description = ${change.description}`]),
      ...(change.isPublic === undefined ? [] : [fragment`is_public = ${change.isPublic}`]),
      ...(change.specs === undefined ? [] : [fragment`specs = ${json(change.specs)}`]),
    ];
    const rows = await tx.sql<GroupTypeRow>`UPDATE group_type SET updated_at = now()${join([fragment``, ...changes], ', ')} WHERE id = ${id} RETURNING *`
      .catch(onUnique('group_type_name', () => new GroupTypeExists(change.name ?? '')));
    return typeFrom(only(rows) ?? raise(new GroupTypeUnknown(id)));
  }

  /** Throws `GroupTypeInUse` where a group is of this type. */
  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM group_type WHERE id = ${id}`.catch(onForeignKey('volume_group_type', () => new GroupTypeInUse()));
  }
}

function ofKind(isPublic: boolean | undefined): Fragment {
  return isPublic === undefined ? fragment`TRUE` : fragment`t.is_public = ${isPublic}`;
}

function typeFrom(row: GroupTypeRow): GroupType {
  return { id: row.id, name: row.name, description: row.description, isPublic: row.is_public, specs: row.specs as GroupType['specs'] };
}
