import { Injectable } from '@nestjs/common';
import { backups as contract } from '@virga/contracts-block-storage';
import { Forbidden, Invalid, newId, NotFound, raise, type Caller, type ProjectId, type UserId } from '@virga/kernel';
import { Operations, type Initiator } from '@virga/operations';
import { Database, type Reader, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { Messages } from '../messages/index.js';
import { charge } from '../quota.js';
import { isMoving, requireBackend, VolumeAccess, VolumeSourcesRepository, VolumesRepository, VolumeState, type SourceSnapshot, type Volume } from '../volumes/index.js';
import { BackupPlaces, DEFAULT_CONTAINER, prefixOf } from './backup-places.js';
import type { Backup } from './backup.js';
import { BackupsRepository } from './backups.repository.js';
import { CreateBackup } from './operations/create-backup.operation.js';
import { PointsRepository } from './points.repository.js';

/** A backup as somebody wants it. */
export interface BackupWish {
  volumeId: string;
  snapshotId: string | undefined;
  name: string | null;
  description: string | null;
  container: string | undefined;
  isIncremental: boolean;
  /** Also of a volume in use. */
  isForced: boolean;
  metadata: Record<string, string>;
  zone: string | null;
}

class NoParent extends Invalid {
  constructor() {
    super('block-storage.backup.no-parent', 'Invalid backup: No backups available to do an incremental backup.');
  }
}

class ContainerName extends Invalid {
  constructor() {
    super('block-storage.backup.container', 'Invalid input received: a container has a name of up to 255 characters without slashes.');
  }
}

/** The tables that accepting a backup reads. */
@Injectable()
export class BackupSources {
  constructor(readonly volumes: VolumesRepository, readonly sources: VolumeSourcesRepository, readonly points: PointsRepository, readonly backups: BackupsRepository) {}
}

/** What it costs, where it goes, and whom it tells. */
@Injectable()
export class BackupMeans {
  constructor(readonly quotas: Quotas, readonly places: BackupPlaces, readonly messages: Messages) {}
}

/** Accepts backups: everything is checked first, then written in one transaction together with the operation that makes it. */
@Injectable()
export class CreateBackups {
  constructor(
    private readonly db: Database,
    private readonly rows: BackupSources,
    private readonly means: BackupMeans,
    private readonly access: VolumeAccess,
    private readonly operations: Operations,
    private readonly policy: Policy,
  ) {}

  /** What a user asks for. Throws `VolumeUnknown`, `VolumeState`, `NotFound` for a snapshot, `Invalid`, `OverLimit`. */
  async create(caller: Caller, wish: BackupWish): Promise<Backup> {
    this.policy.require(caller, contract.createBackup.policy, { project_id: caller.projectId, user_id: caller.userId });
    if (caller.projectId === undefined) throw new Forbidden('block-storage.backup.no-project', 'A backup belongs to a project: use a token that is scoped to one.');
    const owner = { projectId: caller.projectId as ProjectId, userId: caller.userId as UserId };
    await this.access.require(caller, contract.createBackup.policy, wish.volumeId);
    return this.db.transaction((tx) => this.accept(tx, owner, wish, caller));
  }

  /** Writes what is possible, and lets it be made; part of the caller's transaction. */
  async accept(tx: Tx, owner: Pick<Backup, 'projectId' | 'userId'>, wish: BackupWish, by: Initiator): Promise<Backup> {
    const volume = await this.rows.volumes.lock(tx, wish.volumeId);
    const snapshot = wish.snapshotId === undefined ? undefined : await this.snapshot(tx, volume, wish.snapshotId);
    if (snapshot === undefined) requireBackable(volume, wish);
    const parent = wish.isIncremental ? await this.parent(tx, volume, owner.projectId) : undefined;
    await charge(this.means.quotas, tx, owner.projectId, { backups: 1, backup_gigabytes: volume.sizeGibibytes });
    const backup = await this.insert(tx, { owner, wish, volume, snapshot, parent });
    if (snapshot === undefined) await this.rows.volumes.become(tx, volume, 'backing-up', { previousStatus: volume.status });
    if (wish.isIncremental && parent === undefined) await this.tellFull(tx, backup);
    await this.operations.start(tx, CreateBackup, { backupId: backup.id, generation: backup.generation, since: sinceOf(parent) }, { on: backup, by });
    return backup;
  }

  private async insert(tx: Tx, { owner, wish, volume, snapshot, parent }: Accepted): Promise<Backup> {
    const id = newId<'backup'>();
    const at = new Date(this.means.places.now);
    return this.rows.backups.insert(tx, {
      ...owner, id, volumeId: volume.id, snapshotId: snapshot?.id ?? null, parentId: parent?.id ?? null, pointId: snapshot === undefined ? newId() : null,
      name: wish.name, description: wish.description, status: 'creating', sizeGibibytes: volume.sizeGibibytes, place: this.means.places.kind,
      accountProjectId: owner.projectId, container: this.means.places.kind === 'objects' ? containerOf(wish) : null, prefix: prefixOf(volume.id, id, at), backend: requireBackend(volume),
      availabilityZone: wish.zone ?? volume.availabilityZone, keyId: volume.keyId, isBootable: volume.isBootable,
      imageMetadata: volume.imageMetadata, volumeMetadata: volume.metadata, metadata: wish.metadata, dataAt: at,
    });
  }

  private async snapshot(db: Reader, volume: Volume, id: string): Promise<SourceSnapshot> {
    const snapshot = await this.rows.sources.snapshot(db, id);
    if (snapshot === undefined || snapshot.projectId !== volume.projectId) throw new NotFound('block-storage.snapshot.unknown', `Snapshot ${id} could not be found.`);
    if (snapshot.volumeId !== volume.id) throw new Invalid('block-storage.snapshot.other-volume', 'Invalid snapshot: it is of another volume than the one to be backed up.');
    if (snapshot.status !== 'available') throw new Invalid('block-storage.snapshot.status', `Invalid snapshot: it must be available, but is ${snapshot.status}.`);
    return snapshot;
  }

  /** The backup that an incremental one can build on: undefined where there are backups, but what the newest was made from is gone. */
  private async parent(db: Reader, volume: Volume, projectId: string): Promise<Backup | undefined> {
    const newest = await this.rows.backups.newestOf(db, volume.id, projectId) ?? raise(new NoParent());
    if (newest.backend !== volume.backend || newest.keyId !== volume.keyId) return undefined;
    const isThere = newest.pointId === null
      ? newest.snapshotId !== null && (await this.rows.sources.snapshot(db, newest.snapshotId)) !== undefined
      : (await this.rows.points.find(db, newest.pointId))?.isWanted === true;
    return isThere ? newest : undefined;
  }

  private async tellFull(tx: Tx, { projectId, id }: Backup): Promise<void> {
    await this.means.messages.record(tx, { projectId, resource: { kind: 'backup', id }, action: 'create-backup', detail: 'full-backup' });
  }
}

interface Accepted {
  owner: Pick<Backup, 'projectId' | 'userId'>;
  wish: BackupWish;
  volume: Volume;
  snapshot: SourceSnapshot | undefined;
  parent: Backup | undefined;
}

function requireBackable(volume: Volume, { isForced }: BackupWish): void {
  const { status } = volume;
  if (isMoving(volume)) throw new VolumeState('Volume to be backed up must not be migrating.');
  if (status === 'in-use' && !isForced) throw new VolumeState('Backing up an in-use volume must use the force flag.');
  if (status !== 'available' && status !== 'in-use') {
    throw new VolumeState(`Volume to be backed up must be available or in-use, but the current status is "${status}".`);
  }
}

function containerOf({ container }: BackupWish): string {
  if (container === undefined || container === '') return DEFAULT_CONTAINER;
  if (container.includes('/') || Buffer.byteLength(container) > 255) throw new ContainerName();
  return container;
}

/** The snapshot against which the storage host is to tell what changed. */
const sinceOf = (parent: Backup | undefined): string | null => parent?.pointId ?? parent?.snapshotId ?? null;
