import { Injectable } from '@nestjs/common';
import { isUuid, only, raise, type ProjectId, type PublicFault, type UserId } from '@virga/kernel';
import { all, fragment, json, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { conditionsOf, orderOf, type ListedColumns, type Listing } from '../listings/index.js';
import { GroupChangedMeanwhile, GroupUnknown } from './group-faults.js';
import { GroupRow, GroupVolumeTypeRow } from './group.row.js';
import type { Group, GroupStatus } from './group.js';

export type NewGroup = Omit<Group, 'revision' | 'fault' | 'createdAt' | 'replicationStatus'>;

type Row = GroupRow & { volume_type_ids: string[] };

const GROUPS = fragment`
  SELECT g.*, ARRAY(SELECT t.type_id::text FROM volume_group_volume_type t WHERE t.group_id = g.id ORDER BY t.type_id) AS volume_type_ids FROM volume_group g`;

const COLUMNS: ListedColumns = {
  id: { column: 'g.id', as: 'uuid' }, name: { column: 'g.name', as: 'text', isNullable: true }, description: { column: 'g.description', as: 'text', isNullable: true },
  status: { column: 'g.status', as: 'text' }, group_type_id: { column: 'g.group_type_id', as: 'uuid' }, group_type: { column: 'g.group_type_id', as: 'uuid' },
  availability_zone: { column: 'g.availability_zone', as: 'text', isNullable: true }, group_snapshot_id: { column: 'g.group_snapshot_id', as: 'uuid', isNullable: true },
  source_group_id: { column: 'g.source_group_id', as: 'uuid', isNullable: true }, project_id: { column: 'g.project_id', as: 'text' },
  user_id: { column: 'g.user_id', as: 'text' }, replication_status: { column: 'g.replication_status', as: 'text' }, created_at: { column: 'g.created_at', as: 'time' },
  updated_at: { column: 'g.updated_at', as: 'time', isNullable: true },
};
export const GROUP_SORT_KEYS: readonly string[] = Object.keys(COLUMNS);

@Injectable()
export class GroupsRepository {
  async insert(tx: Tx, group: NewGroup): Promise<Group> {
    await tx.insert(GroupRow, {
      id: group.id, project_id: group.projectId, user_id: group.userId, name: group.name, description: group.description, status: group.status,
      group_type_id: group.groupTypeId, availability_zone: group.availabilityZone, group_snapshot_id: group.groupSnapshotId, source_group_id: group.sourceGroupId,
    });
    await tx.insertAll(GroupVolumeTypeRow, group.volumeTypeIds.map((type) => ({ group_id: group.id, type_id: type })));
    return this.get(tx, group.id);
  }

  async find(db: Reader, id: string): Promise<Group | undefined> {
    const row = isUuid(id) ? only(await db.sql<Row>`${GROUPS} WHERE g.id = ${id}`) : undefined;
    return row && groupFrom(row);
  }

  async get(db: Reader, id: string): Promise<Group> {
    return (await this.find(db, id)) ?? raise(new GroupUnknown(id));
  }

  /** The group, kept from changing until the transaction ends; whoever puts a volume into it, or places one, locks it too. */
  async lock(tx: Tx, id: string): Promise<Group> {
    const row = isUuid(id) ? only(await tx.sql<Row>`${GROUPS} WHERE g.id = ${id} FOR UPDATE OF g`) : undefined;
    return groupFrom(row ?? raise(new GroupUnknown(id)));
  }

  /** One page; `project` undefined means all projects. */
  async page(db: Reader, project: string | undefined, listing: Listing): Promise<Group[]> {
    const { order, after } = orderOf('volume_group', 'g', listing, COLUMNS);
    const rows = await db.sql<Row>`
      ${GROUPS} WHERE ${all([of(project), ...conditionsOf(listing.filters, COLUMNS), after])} ORDER BY ${order} LIMIT ${listing.limit} OFFSET ${listing.offset}`;
    return rows.map(groupFrom);
  }

  /** The ids of the living volumes in each of the groups. */
  async volumesIn(db: Reader, ids: readonly string[]): Promise<Map<string, string[]>> {
    const rows = await db.sql<{ group_id: string; ids: string[] }>`
      SELECT group_id, array_agg(id::text ORDER BY created_at, id) AS ids FROM volume WHERE group_id = ANY(${ids}::uuid[]) AND deleted_at IS NULL GROUP BY group_id`;
    return new Map(rows.map((row) => [row.group_id, row.ids]));
  }

  /** A group snapshot, as far as copying a group depends on it. */
  async findSnapshot(db: Reader, id: string): Promise<{ id: string; projectId: string; groupId: string } | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<{ id: string; project_id: string; group_id: string }>`SELECT id, project_id, group_id FROM group_snapshot WHERE id = ${id}`);
    return row && { id: row.id, projectId: row.project_id, groupId: row.group_id };
  }

  /** How many snapshots the group has as a whole. */
  async countSnapshots(db: Reader, id: string): Promise<number> {
    const [row] = await db.sql<{ count: number }>`SELECT count(*)::integer AS count FROM group_snapshot WHERE group_id = ${id}`;
    return row?.count ?? 0;
  }

  /** Whether a group is being made from this one, or from this group snapshot. */
  async isBeingCopied(db: Reader, { groupId = null, groupSnapshotId = null }: { groupId?: string | null; groupSnapshotId?: string | null }): Promise<boolean> {
    const rows = await db.sql`
      SELECT FROM volume_group WHERE status = 'creating' AND (source_group_id = ${groupId}::uuid OR group_snapshot_id = ${groupSnapshotId}::uuid) LIMIT 1`;
    return rows.length > 0;
  }

  /** The only way a group changes its status. Throws `GroupChangedMeanwhile` where somebody was faster. */
  async become(tx: Tx, seen: Group, next: GroupStatus, { fault = null }: { fault?: PublicFault | null } = {}): Promise<Group> {
    return this.written(tx, seen, fragment`status = ${next}, fault = ${fault === null ? null : json(fault)}`);
  }

  async edit(tx: Tx, seen: Group, { name = seen.name, description = seen.description }: Partial<Pick<Group, 'name' | 'description'>>): Promise<Group> {
    return this.written(tx, seen, fragment`name = ${name}, description = ${description}`);
  }

  async delete(tx: Tx, id: string): Promise<void> {
    await tx.sql`DELETE FROM volume_group WHERE id = ${id}`;
  }

  private async written(tx: Tx, seen: Group, change: Fragment): Promise<Group> {
    const rows = await tx.sql`
      UPDATE volume_group SET ${change}, revision = revision + 1, updated_at = now() WHERE id = ${seen.id} AND revision = ${seen.revision} RETURNING id`;
    if (rows.length === 0) throw new GroupChangedMeanwhile(seen.id);
    return this.get(tx, seen.id);
  }
}

function of(project: string | undefined): Fragment {
  return project === undefined ? fragment`TRUE` : fragment`g.project_id = ${project}`;
}

function groupFrom(row: Row): Group {
  return {
    id: row.id, projectId: row.project_id as ProjectId, userId: row.user_id as UserId, name: row.name, description: row.description,
    status: row.status as GroupStatus, groupTypeId: row.group_type_id, volumeTypeIds: row.volume_type_ids, availabilityZone: row.availability_zone,
    groupSnapshotId: row.group_snapshot_id, sourceGroupId: row.source_group_id, replicationStatus: row.replication_status, revision: row.revision,
    fault: row.fault as Group['fault'], createdAt: row.created_at,
  };
}
