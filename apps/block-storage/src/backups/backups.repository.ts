import { Injectable } from '@nestjs/common';
import { isUuid, only, raise, type ProjectId, type UserId, type VolumeId } from '@virga/kernel';
import { all, fragment, identifier, join, json, keyset, markerValues, type Fragment, type KeysetColumn, type Reader, type SqlValue, type Tx } from '@virga/persistence';
import type { VolumeFault } from '../volumes/index.js';
import { BackupRow } from './backup.row.js';
import { BackupUnknown, ConcurrentBackupUpdate, type Backup, type BackupId, type BackupStatus } from './backup.js';

export type NewBackup = Omit<Backup, 'objectCount' | 'storedBytes' | 'restoreVolumeId' | 'fault' | 'generation' | 'revision' | 'createdAt' | 'updatedAt'>
  & Partial<Pick<Backup, 'objectCount' | 'storedBytes'>>;

export interface BackupChange {
  name?: string | null;
  description?: string | null;
  metadata?: Record<string, string>;
  pointId?: string | null;
  objectCount?: number;
  storedBytes?: number;
  restoreVolumeId?: string | null;
  fault?: VolumeFault | null;
  raisesGeneration?: boolean;
}

/** A backup with what replies show beside it. */
export interface BackupDetails extends Backup {
  hasDependents: boolean;
}

/** Which part of the backups is wanted, in which order. Columns of `b`. */
export interface BackupPage {
  where: readonly Fragment[];
  sort: readonly KeysetColumn[];
  limit: number;
  offset: number;
  marker: string | undefined;
}

type DetailsRow = BackupRow & { has_dependents: boolean };

const DETAILS = fragment`
  SELECT b.*, EXISTS (SELECT FROM backup c WHERE c.parent_id = b.id AND c.deleted_at IS NULL) AS has_dependents FROM backup b`;

/** The table `backup`. */
@Injectable()
export class BackupsRepository {
  async insert(tx: Tx, backup: NewBackup): Promise<Backup> {
    const { id } = await tx.insert(BackupRow, rowOf(backup));
    return this.get(tx, id);
  }

  /** The backup, also where it is deleted. Throws `BackupUnknown`. */
  async get(db: Reader, id: string): Promise<Backup> {
    return (await this.find(db, id)) ?? raise(new BackupUnknown(id));
  }

  async find(db: Reader, id: string): Promise<Backup | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<BackupRow>`SELECT * FROM backup WHERE id = ${id}`);
    return row && fromRow(row);
  }

  async details(db: Reader, id: string): Promise<BackupDetails | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<DetailsRow>`${DETAILS} WHERE b.id = ${id} AND b.deleted_at IS NULL`);
    return row && detailsFrom(row);
  }

  /** Those of the given backups that are not deleted. */
  async byIds(db: Reader, ids: readonly string[]): Promise<BackupDetails[]> {
    return (await db.sql<DetailsRow>`${DETAILS} WHERE b.id = ANY(${ids.filter(isUuid)}::uuid[]) AND b.deleted_at IS NULL`).map(detailsFrom);
  }

  async page(db: Reader, { where, sort, limit, offset, marker }: BackupPage): Promise<BackupDetails[]> {
    const { after, order } = keyset(sort, marker === undefined ? undefined : markerValues('backup', sort, { id: marker }));
    const rows = await db.sql<DetailsRow>`${DETAILS} WHERE ${all([...where, after])} ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`;
    return rows.map(detailsFrom);
  }

  async count(db: Reader, where: readonly Fragment[]): Promise<number> {
    const [row] = await db.sql<{ count: number }>`SELECT count(*) AS count FROM backup b WHERE ${all(where)}`;
    return row?.count ?? 0;
  }

  /** The newest complete backup of the volume or of one of its snapshots, which an incremental one is told against. */
  async newestOf(db: Reader, volumeId: string, projectId: string): Promise<Backup | undefined> {
    const [row] = await db.sql<BackupRow>`
      SELECT * FROM backup WHERE volume_id = ${volumeId} AND project_id = ${projectId} AND status IN ('available', 'restoring') ORDER BY data_at DESC, id DESC LIMIT 1`;
    return row && fromRow(row);
  }

  /** Whether another backup, imported under another id, is read from the same bytes and is to stay. */
  async sharesBytes(db: Reader, { id, place, accountProjectId, container, prefix }: Backup): Promise<boolean> {
    const rows = await db.sql`
      SELECT FROM backup WHERE id <> ${id} AND deleted_at IS NULL AND status <> 'deleting'
        AND place = ${place} AND coalesce(account_project_id, project_id) = ${accountProjectId} AND container IS NOT DISTINCT FROM ${container} AND prefix = ${prefix} LIMIT 1`;
    return rows.length > 0;
  }

  async hasDependents(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM backup WHERE parent_id = ${id} AND deleted_at IS NULL LIMIT 1`).length > 0;
  }

  /** The backup and its parents, the full one first. */
  async chain(db: Reader, id: string): Promise<Backup[]> {
    const rows = await db.sql<BackupRow>`
      WITH RECURSIVE line AS (
        SELECT *, 0 AS depth FROM backup WHERE id = ${id}
        UNION ALL SELECT b.*, l.depth + 1 FROM backup b JOIN line l ON b.id = l.parent_id)
      SELECT * FROM line ORDER BY depth DESC`;
    return rows.map(fromRow);
  }

  /** The backup, kept from changing until the transaction ends. Throws `BackupUnknown`. */
  async lock(tx: Tx, id: string): Promise<Backup> {
    const rows = isUuid(id) ? await tx.sql<BackupRow>`SELECT * FROM backup WHERE id = ${id} FOR UPDATE` : [];
    return fromRow(only(rows) ?? raise(new BackupUnknown(id)));
  }

  /** The only way a backup changes its status. Throws `ConcurrentBackupUpdate` where somebody was faster. */
  async become(tx: Tx, seen: Backup, next: BackupStatus, change: BackupChange = {}): Promise<Backup> {
    return this.write(tx, seen, [fragment`status = ${next}`, ...(next === 'deleted' ? [fragment`deleted_at = now()`] : []), ...changed(change)]);
  }

  async edit(tx: Tx, seen: Backup, change: BackupChange): Promise<Backup> {
    return this.write(tx, seen, changed(change));
  }

  private async write(tx: Tx, seen: Backup, changes: readonly Fragment[]): Promise<Backup> {
    const rows = await tx.sql<BackupRow>`
      UPDATE backup SET revision = revision + 1, updated_at = now()${join([fragment``, ...changes], ', ')} WHERE id = ${seen.id} AND revision = ${seen.revision} RETURNING *`;
    return fromRow(only(rows) ?? raise(new ConcurrentBackupUpdate(seen.id)));
  }
}

function changed(change: BackupChange): Fragment[] {
  const { metadata, fault } = change;
  const columns: [string, SqlValue | undefined][] = [
    ['name', change.name], ['description', change.description], ['metadata', metadata && json(metadata)], ['point_id', change.pointId],
    ['object_count', change.objectCount], ['stored_bytes', change.storedBytes], ['restore_volume_id', change.restoreVolumeId],
    ['fault', fault === undefined || fault === null ? fault : json(fault)],
  ];
  return [
    ...columns.flatMap(([column, value]) => (value === undefined ? [] : [fragment`${identifier(column)} = ${value}`])),
    ...(change.raisesGeneration === true ? [fragment`generation = generation + 1`] : []),
  ];
}

function rowOf(backup: NewBackup): Partial<BackupRow> {
  return {
    id: backup.id, project_id: backup.projectId, user_id: backup.userId, volume_id: backup.volumeId, snapshot_id: backup.snapshotId, parent_id: backup.parentId,
    point_id: backup.pointId, name: backup.name, description: backup.description, status: backup.status, size_gibibytes: backup.sizeGibibytes, place: backup.place,
    account_project_id: backup.accountProjectId, container: backup.container, prefix: backup.prefix, backend: backup.backend, availability_zone: backup.availabilityZone, key_id: backup.keyId, is_bootable: backup.isBootable,
    image_metadata: backup.imageMetadata, volume_metadata: backup.volumeMetadata, metadata: backup.metadata, data_at: backup.dataAt, object_count: backup.objectCount ?? 0, stored_bytes: backup.storedBytes ?? 0,
  };
}

function detailsFrom(row: DetailsRow): BackupDetails {
  return { ...fromRow(row), hasDependents: row.has_dependents };
}

function fromRow(row: BackupRow): Backup {
  return {
    id: row.id as BackupId, projectId: row.project_id as ProjectId, userId: row.user_id as UserId, volumeId: row.volume_id as VolumeId,
    snapshotId: row.snapshot_id, parentId: row.parent_id as BackupId | null, pointId: row.point_id, name: row.name, description: row.description,
    status: row.status as BackupStatus, sizeGibibytes: row.size_gibibytes, place: row.place as Backup['place'],
    accountProjectId: (row.account_project_id ?? row.project_id) as ProjectId, container: row.container, prefix: row.prefix,
    backend: row.backend, availabilityZone: row.availability_zone, objectCount: row.object_count, storedBytes: row.stored_bytes, keyId: row.key_id, isBootable: row.is_bootable,
    imageMetadata: row.image_metadata, volumeMetadata: row.volume_metadata, metadata: row.metadata, restoreVolumeId: row.restore_volume_id as VolumeId | null, fault: row.fault as VolumeFault | null, generation: row.generation,
    revision: row.revision, dataAt: row.data_at, createdAt: row.created_at, updatedAt: row.updated_at,
  };
}
