import { Conflict, Invalid, NotFound, publicFault, type ProjectId, type PublicFault, type UserId, type VolumeId } from '@virga/kernel';

/** A volume's status, in the API's words. */
export type VolumeStatus =
  | 'creating' | 'available' | 'reserved' | 'attaching' | 'in-use' | 'detaching' | 'maintenance' | 'deleting' | 'deleted' | 'extending' | 'retyping'
  | 'downloading' | 'uploading' | 'backing-up' | 'restoring-backup' | 'reverting' | 'managing' | 'awaiting-transfer'
  | 'error' | 'error_detaching' | 'error_deleting' | 'error_extending' | 'error_restoring' | 'error_backing-up' | 'error_managing';

/** Statuses that only a live operation on the volume may hold; whoever sets one starts the operation that ends it. */
export const OPERATED: ReadonlySet<VolumeStatus> = new Set(['creating', 'deleting', 'extending', 'retyping', 'downloading', 'uploading', 'reverting', 'managing']);

/** Why a volume is in error, for its owner. */
export interface VolumeFault extends PublicFault {
  /** ISO 8601. */
  at: string;
}

/** A volume as operations and use cases work with it. */
export interface Volume {
  id: VolumeId;
  projectId: ProjectId;
  userId: UserId;
  name: string | null;
  description: string | null;
  sizeGibibytes: number;
  /** What it is being extended by: charged already, and not there yet. */
  growthGibibytes: number;
  status: VolumeStatus;
  migrationStatus: string | null;
  /** The status before an action that gives it back. */
  previousStatus: VolumeStatus | null;
  typeId: string;
  /** The type's name. */
  typeName: string;
  /** `HOST@BACKEND`; null before it is placed. */
  backend: string | null;
  availabilityZone: string;
  requestedZone: string | null;
  isBootable: boolean;
  isMultiattach: boolean;
  isReadOnly: boolean;
  keyId: string | null;
  snapshotId: string | null;
  sourceVolumeId: string | null;
  backupId: string | null;
  groupId: string | null;
  metadata: Record<string, string>;
  imageMetadata: Record<string, string> | null;
  adminMetadata: Record<string, string>;
  consumesQuota: boolean;
  /** Raised by every operation that commands the storage host, which refuses lower ones than it has seen. */
  generation: number;
  revision: number;
  fault: VolumeFault | null;
  createdAt: Date;
  updatedAt: Date | null;
  launchedAt: Date | null;
}

export const GIBIBYTE = 1024 ** 3;

export class VolumeUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.volume.unknown', `Volume ${id.slice(0, 64)} could not be found.`);
  }
}

/** The volume's status, or what depends on it, does not allow this: Cinder's InvalidVolume. */
export class VolumeState extends Invalid {
  constructor(reason: string) {
    super('block-storage.volume.status', `Invalid volume: ${reason}`);
  }
}

/** Somebody else changed the volume between our look and our write: an operation's step looks again. */
export class ConcurrentUpdate extends Conflict {
  constructor(id: string) {
    super('block-storage.volume.concurrent-update', `Volume ${id} was changed by another request; try again.`);
  }
}

const NOT_MOVING: readonly (string | null)[] = [null, 'none', 'success', 'error', 'deleting'];

/** Whether it is on its way to another backend. */
export function isMoving({ migrationStatus }: Pick<Volume, 'migrationStatus'>): boolean {
  return !NOT_MOVING.includes(migrationStatus);
}

/** Throws `VolumeState` where the volume is in none of these statuses. */
export function requireStatus({ status }: Pick<Volume, 'status'>, allowed: readonly VolumeStatus[]): void {
  if (!allowed.includes(status)) throw new VolumeState(`Volume status must be ${allowed.join(' or ')}, but is ${status}.`);
}

/** What the owner reads of a failure, with its time. */
export function faultAt(now: number, reason: unknown): VolumeFault {
  return { ...publicFault(reason), at: new Date(now).toISOString() };
}
