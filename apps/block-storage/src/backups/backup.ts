import { Conflict, Invalid, NotFound, type Id, type ProjectId, type UserId, type VolumeId } from '@virga/kernel';
import { wakeKey, type WakeKey } from '@virga/operations';
import type { VolumeFault } from '../volumes/index.js';

export type BackupId = Id<'backup'>;

/** A backup's status, in the API's words. */
export type BackupStatus = 'creating' | 'available' | 'deleting' | 'deleted' | 'error' | 'restoring' | 'error_deleting';

/** What of a volume was kept elsewhere: all of it, or what had changed since its parent. */
export interface Backup {
  id: BackupId;
  projectId: ProjectId;
  userId: UserId;
  volumeId: VolumeId;
  /** The user's snapshot that it is of; null: of the volume as it was when it began. */
  snapshotId: string | null;
  parentId: BackupId | null;
  /** The snapshot that was made for it, by which the next incremental backup knows what changed since. */
  pointId: string | null;
  name: string | null;
  description: string | null;
  status: BackupStatus;
  sizeGibibytes: number;
  place: 'objects' | 'directory';
  /** The project whose account its objects are in; another than its own where its record was imported there. */
  accountProjectId: ProjectId;
  /** Of that account; null in a directory. */
  container: string | null;
  prefix: string;
  /** `HOST@BACKEND` that wrote it. */
  backend: string;
  availabilityZone: string | null;
  objectCount: number;
  storedBytes: number;
  keyId: string | null;
  /** As the volume was; what it is restored to becomes the same. */
  isBootable: boolean;
  imageMetadata: Record<string, string> | null;
  /** Null where an older record does not tell it: what it is restored to keeps its own. */
  volumeMetadata: Record<string, string> | null;
  /** The backup's own. */
  metadata: Record<string, string>;
  /** The volume that it is being written to. */
  restoreVolumeId: VolumeId | null;
  fault: VolumeFault | null;
  /** Raised by every operation that commands a storage host. */
  generation: number;
  revision: number;
  /** The moment whose bytes it holds. */
  dataAt: Date;
  createdAt: Date;
  updatedAt: Date | null;
}

/** Woken when the backup has become what it was going to be, or is gone. */
export function backupSettled(id: string): WakeKey {
  return wakeKey('backup-settled', id);
}

export class BackupUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.backup.unknown', `Backup ${id.slice(0, 64)} could not be found.`);
  }
}

/** Cinder's InvalidBackup. */
export class BackupState extends Invalid {
  constructor(reason: string) {
    super('block-storage.backup.status', `Invalid backup: ${reason}`);
  }
}

export class HasDependents extends Invalid {
  constructor() {
    super('block-storage.backup.has-dependents', 'Invalid backup: Incremental backups exist for this backup.');
  }
}

export class ConcurrentBackupUpdate extends Conflict {
  constructor(id: string) {
    super('block-storage.backup.concurrent-update', `Backup ${id} was changed by another request; try again.`);
  }
}

/** Throws `BackupState` where the backup is in none of these statuses. */
export function requireBackupStatus({ status }: Pick<Backup, 'status'>, allowed: readonly BackupStatus[]): void {
  if (!allowed.includes(status)) throw new BackupState(`Backup status must be ${allowed.join(' or ')}, but is ${status}.`);
}
