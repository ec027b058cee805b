import { Injectable } from '@nestjs/common';
import { isUuid, only, raise, type ProjectId, type UserId, type VolumeId } from '@virga/kernel';
import { type Fragment, type Reader, type SqlValue, type Tx, fragment, identifier, join, json } from '@virga/persistence';
import { Messages } from '../messages/index.js';
import { ConcurrentUpdate, VolumeUnknown, type Volume, type VolumeFault, type VolumeStatus } from './volume.js';
import { VolumeEvents } from './volume-events.js';
import { failureOf } from './volume-failure.js';
import { VolumeRow } from './volume.row.js';

/** What is chosen when a volume is made; all else has its default. */
export type NewVolume = Pick<
  Volume,
  | 'id' | 'projectId' | 'userId' | 'name' | 'description' | 'sizeGibibytes' | 'status' | 'typeId' | 'availabilityZone' | 'requestedZone' | 'isBootable'
  | 'isMultiattach' | 'keyId' | 'snapshotId' | 'sourceVolumeId' | 'metadata' | 'imageMetadata'
> & Partial<Pick<Volume, 'backupId' | 'groupId' | 'backend' | 'consumesQuota' | 'migrationStatus' | 'adminMetadata' | 'isReadOnly'>>;

/** What may change of a volume; only `become` changes its status. */
export interface VolumeChange {
  name?: string | null;
  description?: string | null;
  sizeGibibytes?: number;
  growthGibibytes?: number;
  migrationStatus?: string | null;
  previousStatus?: VolumeStatus | null;
  projectId?: string;
  userId?: string;
  typeId?: string;
  backend?: string | null;
  availabilityZone?: string;
  isBootable?: boolean;
  isMultiattach?: boolean;
  isReadOnly?: boolean;
  keyId?: string | null;
  snapshotId?: string | null;
  groupId?: string | null;
  metadata?: Record<string, string>;
  imageMetadata?: Record<string, string> | null;
  adminMetadata?: Record<string, string>;
  consumesQuota?: boolean;
  fault?: VolumeFault | null;
  /** What went wrong without harm to the volume: its project is told, and the volume keeps nothing of it. */
  passingFault?: VolumeFault;
  /** Raises the generation: commands of earlier ones are refused by storage hosts from now on. */
  raisesGeneration?: boolean;
  /** It can be used from now on. */
  isLaunch?: boolean;
}

type Row = VolumeRow & { type_name: string };

const COLUMNS = fragment`volume.*, (SELECT t.name FROM volume_type t WHERE t.id = volume.type_id) AS type_name`;

/** Every write tells `volumeChanged` in its own transaction; a change of status for a fault is told to the volume's project as well. */
@Injectable()
export class VolumesRepository {
  constructor(private readonly events: VolumeEvents, private readonly messages: Messages) {}

  async insert(tx: Tx, volume: NewVolume): Promise<Volume> {
    const { id } = await tx.insert(VolumeRow, rowOf(volume));
    const made = await this.get(tx, id as VolumeId);
    await this.events.changed(tx, made);
    return made;
  }

  /** The volume, also where it is deleted. */
  async find(db: Reader, id: string): Promise<Volume | undefined> {
    if (!isUuid(id)) return undefined;
    const row = only(await db.sql<Row>`SELECT ${COLUMNS} FROM volume WHERE id = ${id}`);
    return row && fromRow(row);
  }

  /** The volume whatever its status, for those who are responsible for it. Throws `VolumeUnknown`. */
  async get(db: Reader, id: string): Promise<Volume> {
    return (await this.find(db, id)) ?? raise(new VolumeUnknown(id));
  }

  /** Those of the given volumes that there are or were. */
  async byIds(db: Reader, ids: readonly string[]): Promise<Volume[]> {
    return (await db.sql<Row>`SELECT ${COLUMNS} FROM volume WHERE id = ANY(${ids.filter(isUuid)}::uuid[])`).map(fromRow);
  }

  /** Volumes that are not deleted, in the order of their ids. */
  async batch(db: Reader, after: string | undefined, limit: number): Promise<Volume[]> {
    const rest = after === undefined ? fragment`TRUE` : fragment`id > ${after}`;
    return (await db.sql<Row>`SELECT ${COLUMNS} FROM volume WHERE deleted_at IS NULL AND ${rest} ORDER BY id LIMIT ${limit}`).map(fromRow);
  }

  /** Until the transaction ends, nobody else who asks makes a volume of this id. */
  async reserveId(tx: Tx, id: string): Promise<void> {
    await tx.sql`SELECT pg_advisory_xact_lock(hashtextextended(${`volume ${id}`}, 0))`;
  }

  /** The volume, kept from changing until the transaction ends. Throws `VolumeUnknown`. */
  async lock(tx: Tx, id: string): Promise<Volume> {
    const rows = isUuid(id) ? await tx.sql<Row>`SELECT ${COLUMNS} FROM volume WHERE id = ${id} FOR UPDATE OF volume` : [];
    return fromRow(only(rows) ?? raise(new VolumeUnknown(id)));
  }

  /** The only way a volume changes its status. Throws `ConcurrentUpdate` where somebody was faster. */
  async become(tx: Tx, seen: Volume, next: VolumeStatus, change: VolumeChange = {}): Promise<Volume> {
    const gone = next === 'deleted' ? [fragment`deleted_at = now()`, fragment`terminated_at = now()`] : [];
    const volume = await this.write(tx, seen, [fragment`status = ${next}`, ...gone, ...changed(change)]);
    const fault = change.fault ?? change.passingFault;
    const failure = fault && failureOf(seen, fault);
    if (failure) await this.messages.record(tx, failure);
    return volume;
  }

  /** Changes all but the status. */
  async edit(tx: Tx, seen: Volume, change: VolumeChange): Promise<Volume> {
    return this.write(tx, seen, changed(change));
  }

  private async write(tx: Tx, seen: Volume, changes: readonly Fragment[]): Promise<Volume> {
    const rows = await tx.sql<Row>`
      UPDATE volume SET revision = revision + 1, updated_at = now()${join([fragment``, ...changes], ', ')}
      WHERE id = ${seen.id} AND revision = ${seen.revision}
      RETURNING ${COLUMNS}`;
    const volume = fromRow(only(rows) ?? raise(new ConcurrentUpdate(seen.id)));
    await this.events.changed(tx, volume);
    return volume;
  }
}

function changed(change: VolumeChange): Fragment[] {
  const { metadata, imageMetadata, adminMetadata, fault } = change;
  const columns: [string, SqlValue | undefined][] = [
    ['name', change.name], ['description', change.description], ['size_gibibytes', change.sizeGibibytes], ['growth_gibibytes', change.growthGibibytes], ['migration_status', change.migrationStatus],
    ['previous_status', change.previousStatus], ['project_id', change.projectId], ['user_id', change.userId], ['type_id', change.typeId],
    ['backend', change.backend], ['availability_zone', change.availabilityZone], ['is_bootable', change.isBootable], ['is_multiattach', change.isMultiattach],
    ['is_read_only', change.isReadOnly], ['key_id', change.keyId], ['snapshot_id', change.snapshotId], ['group_id', change.groupId],
    ['metadata', metadata && json(metadata)], ['image_metadata', document(imageMetadata)], ['admin_metadata', adminMetadata && json(adminMetadata)],
    ['consumes_quota', change.consumesQuota], ['fault', document(fault)],
  ];
  return [
    ...columns.flatMap(([column, value]) => (value === undefined ? [] : [fragment`${identifier(column)} = ${value}`])),
    ...(change.raisesGeneration === true ? [fragment`generation = generation + 1`] : []),
    ...(change.isLaunch === true ? [fragment`launched_at = coalesce(launched_at, now())`] : []),
  ];
}

function document(value: object | null | undefined): SqlValue | undefined {
  return value === undefined || value === null ? value : json(value);
}

function rowOf(volume: NewVolume): Partial<VolumeRow> {
  return {
    id: volume.id, project_id: volume.projectId, user_id: volume.userId, name: volume.name, description: volume.description, size_gibibytes: volume.sizeGibibytes,
    status: volume.status, type_id: volume.typeId, availability_zone: volume.availabilityZone, requested_zone: volume.requestedZone,
    is_bootable: volume.isBootable, is_multiattach: volume.isMultiattach, key_id: volume.keyId, snapshot_id: volume.snapshotId,
    source_volume_id: volume.sourceVolumeId, metadata: volume.metadata, image_metadata: volume.imageMetadata, backup_id: volume.backupId ?? null,
    group_id: volume.groupId ?? null, backend: volume.backend ?? null, consumes_quota: volume.consumesQuota ?? true,
    migration_status: volume.migrationStatus ?? null, admin_metadata: volume.adminMetadata ?? {}, is_read_only: volume.isReadOnly ?? false,
  };
}

export function fromRow(row: Row): Volume {
  return {
    id: row.id as VolumeId, projectId: row.project_id as ProjectId, userId: row.user_id as UserId, name: row.name, description: row.description,
    sizeGibibytes: row.size_gibibytes, growthGibibytes: row.growth_gibibytes, status: row.status as VolumeStatus, migrationStatus: row.migration_status,
    previousStatus: row.previous_status as VolumeStatus | null, typeId: row.type_id, typeName: row.type_name, backend: row.backend,
    availabilityZone: row.availability_zone, requestedZone: row.requested_zone, isBootable: row.is_bootable, isMultiattach: row.is_multiattach,
    isReadOnly: row.is_read_only, keyId: row.key_id, snapshotId: row.snapshot_id, sourceVolumeId: row.source_volume_id, backupId: row.backup_id,
    groupId: row.group_id, metadata: row.metadata, imageMetadata: row.image_metadata, adminMetadata: row.admin_metadata, consumesQuota: row.consumes_quota,
    generation: row.generation, revision: row.revision, fault: row.fault as VolumeFault | null, createdAt: row.created_at, updatedAt: row.updated_at,
    launchedAt: row.launched_at,
  };
}
