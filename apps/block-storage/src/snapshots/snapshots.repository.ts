import { Injectable } from '@nestjs/common';
import { isUuid, only, raise, type ProjectId, type PublicFault, type SnapshotId, type UserId, type VolumeId } from '@virga/kernel';
import { all, fragment, join, json, type Fragment, type Reader, type Tx } from '@virga/persistence';
import { conditionsOf, orderOf, type ListedColumns, type Listing } from '../listings/index.js';
import { SnapshotChangedMeanwhile, SnapshotUnknown } from './snapshot-faults.js';
import { SnapshotRow } from './snapshot.row.js';
import type { Snapshot, SnapshotStatus } from './snapshot.js';

export type NewSnapshot = Pick<
  Snapshot,
  'id' | 'projectId' | 'userId' | 'volumeId' | 'name' | 'description' | 'sizeGibibytes' | 'status' | 'backend' | 'keyId' | 'typeId' | 'groupSnapshotId' | 'metadata'
  | 'imageMetadata' | 'isBootable' | 'consumesQuota'
> & { generation?: number; progress?: string };

/** What may change together with a snapshot's status. */
export interface SnapshotChange {
  progress?: string;
  fault?: PublicFault | null;
  /** Raises the generation: backends refuse commands of earlier ones from now on. */
  raisesGeneration?: boolean;
}

/** What a user may change of a snapshot. */
export interface SnapshotEdit {
  name?: string | null;
  description?: string | null;
  metadata?: Record<string, string>;
}

/** What lists are sorted and filtered by. */
const COLUMNS: ListedColumns = {
  id: { column: 's.id', as: 'uuid' },
  name: { column: 's.name', as: 'text', isNullable: true },
  display_name: { column: 's.name', as: 'text', isNullable: true },
  description: { column: 's.description', as: 'text', isNullable: true },
  status: { column: 's.status', as: 'text' },
  volume_id: { column: 's.volume_id', as: 'uuid' },
  group_snapshot_id: { column: 's.group_snapshot_id', as: 'uuid', isNullable: true },
  project_id: { column: 's.project_id', as: 'text' },
  user_id: { column: 's.user_id', as: 'text' },
  size: { column: 's.size_gibibytes', as: 'integer' },
  volume_size: { column: 's.size_gibibytes', as: 'integer' },
  progress: { column: 's.progress', as: 'text' },
  metadata: { column: 's.metadata', as: 'map' },
  consumes_quota: { column: 's.consumes_quota', as: 'boolean' },
  created_at: { column: 's.created_at', as: 'time' },
  updated_at: { column: 's.updated_at', as: 'time', isNullable: true },
};

@Injectable()
export class SnapshotsRepository {
  async insert(tx: Tx, snapshots: readonly NewSnapshot[]): Promise<Snapshot[]> {
    const rows = await tx.insertAll(SnapshotRow, snapshots.map((snapshot) => ({
      id: snapshot.id, project_id: snapshot.projectId, user_id: snapshot.userId, volume_id: snapshot.volumeId, name: snapshot.name, description: snapshot.description,
      size_gibibytes: snapshot.sizeGibibytes, status: snapshot.status, progress: snapshot.progress ?? '0%', backend: snapshot.backend, key_id: snapshot.keyId,
      type_id: snapshot.typeId, group_snapshot_id: snapshot.groupSnapshotId, metadata: snapshot.metadata, image_metadata: snapshot.imageMetadata,
      is_bootable: snapshot.isBootable, consumes_quota: snapshot.consumesQuota, generation: snapshot.generation ?? 1,
    })));
    return rows.map(snapshotFrom);
  }

  /** The snapshot, unless it is deleted. */
  async find(db: Reader, id: string): Promise<Snapshot | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<SnapshotRow>`SELECT * FROM snapshot WHERE id = ${id} AND deleted_at IS NULL`);
    return row && snapshotFrom(row);
  }

  /** The snapshot whatever its status, for those who are responsible for it. */
  async get(db: Reader, id: SnapshotId): Promise<Snapshot> {
    return snapshotFrom(only(await db.sql<SnapshotRow>`SELECT * FROM snapshot WHERE id = ${id}`) ?? raise(new SnapshotUnknown(id)));
  }

  /** The same, kept from changing until the transaction ends. */
  async lock(tx: Tx, id: SnapshotId): Promise<Snapshot> {
    return snapshotFrom(only(await tx.sql<SnapshotRow>`SELECT * FROM snapshot WHERE id = ${id} FOR UPDATE`) ?? raise(new SnapshotUnknown(id)));
  }

  /** So many of all living snapshots, in the order of their ids. */
  async batch(db: Reader, after: string | undefined, limit: number): Promise<Snapshot[]> {
    const rest = after === undefined ? fragment`TRUE` : fragment`id > ${after}`;
    return (await db.sql<SnapshotRow>`SELECT * FROM snapshot WHERE deleted_at IS NULL AND ${rest} ORDER BY id LIMIT ${limit}`).map(snapshotFrom);
  }

  /** Those of the given snapshots that there are or were, in the order of their ids. */
  async byIds(db: Reader, ids: readonly string[]): Promise<Snapshot[]> {
    return (await db.sql<SnapshotRow>`SELECT * FROM snapshot WHERE id = ANY(${ids}::uuid[]) ORDER BY id`).map(snapshotFrom);
  }

  /** The same, kept from changing. */
  async lockAll(tx: Tx, ids: readonly string[]): Promise<Snapshot[]> {
    return (await tx.sql<SnapshotRow>`SELECT * FROM snapshot WHERE id = ANY(${ids}::uuid[]) ORDER BY id FOR UPDATE`).map(snapshotFrom);
  }

  /** The living snapshots of volumes, kept from changing. */
  async lockOfVolume(tx: Tx, volumeId: VolumeId): Promise<Snapshot[]> {
    return (await tx.sql<SnapshotRow>`SELECT * FROM snapshot WHERE volume_id = ${volumeId} AND deleted_at IS NULL ORDER BY id FOR UPDATE`).map(snapshotFrom);
  }

  /** The living snapshots in a group snapshot. */
  async ofGroupSnapshot(db: Reader, id: string): Promise<Snapshot[]> {
    return (await db.sql<SnapshotRow>`SELECT * FROM snapshot WHERE group_snapshot_id = ${id} AND deleted_at IS NULL ORDER BY id`).map(snapshotFrom);
  }

  /** One page; `project` undefined means all projects. */
  async page(db: Reader, project: string | undefined, listing: Listing): Promise<Snapshot[]> {
    const { order, after } = orderOf('snapshot', 's', listing, COLUMNS);
    const rows = await db.sql<SnapshotRow>`
      SELECT s.* FROM snapshot s WHERE ${matching(project, listing)} AND ${after} ORDER BY ${order} LIMIT ${listing.limit} OFFSET ${listing.offset}`;
    return rows.map(snapshotFrom);
  }

  async count(db: Reader, project: string | undefined, listing: Listing): Promise<number> {
    const [row] = await db.sql<{ count: number }>`SELECT count(*)::integer AS count FROM snapshot s WHERE ${matching(project, listing)}`;
    return row?.count ?? 0;
  }

  /** The only way a snapshot changes its status. Throws `SnapshotChangedMeanwhile` where somebody was faster. */
  async become(tx: Tx, seen: Snapshot, next: SnapshotStatus, change: SnapshotChange = {}): Promise<Snapshot> {
    const rows = await tx.sql<SnapshotRow>`
      UPDATE snapshot SET status = ${next}, revision = revision + 1, updated_at = now()${join([fragment``, ...changed(next, change)], ', ')}
      WHERE id = ${seen.id} AND revision = ${seen.revision} RETURNING *`;
    return snapshotFrom(only(rows) ?? raise(new SnapshotChangedMeanwhile(seen.id)));
  }

  /** Changes what belongs to the user. */
  async edit(tx: Tx, seen: Snapshot, edit: SnapshotEdit): Promise<Snapshot> {
    const changes = [
      ...(edit.name === undefined ? [] : [fragment`name = ${edit.name}`]),
      ...(edit.description === undefined ? [] : [fragment`description = ${edit.description}`]),
      ...(edit.metadata === undefined ? [] : [fragment`metadata = ${json(edit.metadata)}`]),
    ];
    const rows = await tx.sql<SnapshotRow>`
      UPDATE snapshot SET revision = revision + 1, updated_at = now()${join([fragment``, ...changes], ', ')}
      WHERE id = ${seen.id} AND revision = ${seen.revision} RETURNING *`;
    return snapshotFrom(only(rows) ?? raise(new SnapshotChangedMeanwhile(seen.id)));
  }
}

function matching(project: string | undefined, { filters }: Listing): Fragment {
  const own = project === undefined ? fragment`TRUE` : fragment`s.project_id = ${project}`;
  return all([fragment`s.deleted_at IS NULL`, own, ...conditionsOf(filters, COLUMNS)]);
}

function changed(next: SnapshotStatus, { progress, fault, raisesGeneration = false }: SnapshotChange): Fragment[] {
  return [
    ...(next === 'deleted' ? [fragment`deleted_at = now()`] : []),
    ...(progress === undefined ? [] : [fragment`progress = ${progress}`]),
    ...(fault === undefined ? [] : [fragment`fault = ${fault === null ? null : json(fault)}`]),
    ...(raisesGeneration ? [fragment`generation = generation + 1`] : []),
  ];
}

export function snapshotFrom(row: SnapshotRow): Snapshot {
  return {
    id: row.id as SnapshotId, projectId: row.project_id as ProjectId, userId: row.user_id as UserId, volumeId: row.volume_id as VolumeId,
    name: row.name, description: row.description, sizeGibibytes: row.size_gibibytes, status: row.status as SnapshotStatus, progress: row.progress,
    backend: row.backend ?? '', keyId: row.key_id, typeId: row.type_id, groupSnapshotId: row.group_snapshot_id, metadata: row.metadata as Snapshot['metadata'],
    imageMetadata: row.image_metadata as Snapshot['imageMetadata'], isBootable: row.is_bootable, consumesQuota: row.consumes_quota,
    generation: row.generation, revision: row.revision, fault: row.fault as Snapshot['fault'], createdAt: row.created_at, updatedAt: row.updated_at,
  };
}
