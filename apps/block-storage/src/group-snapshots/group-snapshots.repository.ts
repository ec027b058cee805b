import { Injectable } from '@nestjs/common';
import { isUuid, only, raise, type ProjectId, type PublicFault, type UserId } from '@virga/kernel';
import { all, fragment, json, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { GroupSnapshotUnknown } from '../groups/index.js';
import { conditionsOf, orderOf, type ListedColumns, type Listing } from '../listings/index.js';
import { GroupSnapshotChangedMeanwhile } from './group-snapshot-faults.js';
import { GroupSnapshotRow } from './group-snapshot.row.js';
import type { GroupSnapshot, GroupSnapshotStatus } from './group-snapshot.js';

export type NewGroupSnapshot = Omit<GroupSnapshot, 'revision' | 'fault' | 'createdAt'>;

const COLUMNS: ListedColumns = {
  id: { column: 'g.id', as: 'uuid' }, name: { column: 'g.name', as: 'text', isNullable: true }, description: { column: 'g.description', as: 'text', isNullable: true },
  status: { column: 'g.status', as: 'text' }, group_id: { column: 'g.group_id', as: 'uuid' }, group_type_id: { column: 'g.group_type_id', as: 'uuid' },
  project_id: { column: 'g.project_id', as: 'text' }, user_id: { column: 'g.user_id', as: 'text' }, created_at: { column: 'g.created_at', as: 'time' },
  updated_at: { column: 'g.updated_at', as: 'time', isNullable: true },
};
export const GROUP_SNAPSHOT_SORT_KEYS: readonly string[] = Object.keys(COLUMNS);

@Injectable()
export class GroupSnapshotsRepository {
  async insert(tx: Tx, snapshot: NewGroupSnapshot): Promise<GroupSnapshot> {
    return groupSnapshotFrom(await tx.insert(GroupSnapshotRow, {
      id: snapshot.id, project_id: snapshot.projectId, user_id: snapshot.userId, group_id: snapshot.groupId, group_type_id: snapshot.groupTypeId, name: snapshot.name,
      description: snapshot.description, status: snapshot.status,
    }));
  }

  async find(db: Reader, id: string): Promise<GroupSnapshot | undefined> {
    const row = isUuid(id) ? only(await db.sql<GroupSnapshotRow>`SELECT * FROM group_snapshot WHERE id = ${id}`) : undefined;
    return row && groupSnapshotFrom(row);
  }

  /** The group snapshot, kept from changing until the transaction ends. */
  async lock(tx: Tx, id: string): Promise<GroupSnapshot> {
    const row = only(await tx.sql<GroupSnapshotRow>`SELECT * FROM group_snapshot WHERE id = ${id} FOR UPDATE`);
    return groupSnapshotFrom(row ?? raise(new GroupSnapshotUnknown(id)));
  }

  /** One page; `project` undefined means all projects. */
  async page(db: Reader, project: string | undefined, listing: Listing): Promise<GroupSnapshot[]> {
    const { order, after } = orderOf('group_snapshot', 'g', listing, COLUMNS);
    const rows = await db.sql<GroupSnapshotRow>`
      SELECT g.* FROM group_snapshot g WHERE ${all([of(project), ...conditionsOf(listing.filters, COLUMNS), after])}
      ORDER BY ${order} LIMIT ${listing.limit} OFFSET ${listing.offset}`;
    return rows.map(groupSnapshotFrom);
  }

  /** The only way a group snapshot changes. Throws `GroupSnapshotChangedMeanwhile` where somebody was faster. */
  async become(tx: Tx, seen: GroupSnapshot, next: GroupSnapshotStatus, { fault = null }: { fault?: PublicFault | null } = {}): Promise<GroupSnapshot> {
    const rows = await tx.sql<GroupSnapshotRow>`
      UPDATE group_snapshot SET status = ${next}, fault = ${fault === null ? null : json(fault)}, revision = revision + 1, updated_at = now()
      WHERE id = ${seen.id} AND revision = ${seen.revision} RETURNING *`;
    return groupSnapshotFrom(only(rows) ?? raise(new GroupSnapshotChangedMeanwhile(seen.id)));
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM group_snapshot WHERE id = ${id}`;
  }
}

function of(project: string | undefined): Fragment {
  return project === undefined ? fragment`TRUE` : fragment`g.project_id = ${project}`;
}

function groupSnapshotFrom(row: GroupSnapshotRow): GroupSnapshot {
  return {
    id: row.id, projectId: row.project_id as ProjectId, userId: row.user_id as UserId, groupId: row.group_id, groupTypeId: row.group_type_id, name: row.name,
    description: row.description, status: row.status as GroupSnapshotStatus, revision: row.revision, fault: row.fault as GroupSnapshot['fault'], createdAt: row.created_at,
  };
}
