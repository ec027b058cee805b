import type { ProjectId, PublicFault, SnapshotId, UserId, VolumeId } from '@virga/kernel';

/** Cinder's words. `creating`, `deleting` and `unmanaging` have a live operation unless an administrator has set them. */
export const SNAPSHOT_STATUSES = [
  'error', 'available', 'creating', 'deleting', 'deleted', 'updating', 'error_deleting', 'unmanaging', 'backing-up', 'restoring',
] as const;
export type SnapshotStatus = (typeof SNAPSHOT_STATUSES)[number];

/** What a volume held at one moment. */
export interface Snapshot {
  id: SnapshotId;
  projectId: ProjectId;
  userId: UserId;
  volumeId: VolumeId;
  name: string | null;
  description: string | null;
  /** Of the volume at that moment. */
  sizeGibibytes: number;
  status: SnapshotStatus;
  /** `42%`. */
  progress: string;
  backend: string;
  keyId: string | null;
  /** The type that the volume had; quotas by type count it there. */
  typeId: string;
  groupSnapshotId: string | null;
  metadata: Record<string, string>;
  /** What the volume's image said of it, and whether a server could boot from it: volumes made from the snapshot inherit both. */
  imageMetadata: Record<string, string> | null;
  isBootable: boolean;
  consumesQuota: boolean;
  /** Raised for every command about the snapshot; backends refuse older ones. */
  generation: number;
  revision: number;
  fault: PublicFault | null;
  createdAt: Date;
  updatedAt: Date | null;
}

/** Statuses in which an owner may delete a snapshot. */
export const DELETABLE: readonly SnapshotStatus[] = ['available', 'error', 'error_deleting'];

/** What `os-update_snapshot_status` may make of a status: it is for those who take snapshots themselves. */
export const reportedMoves: Readonly<Partial<Record<SnapshotStatus, readonly SnapshotStatus[]>>> = {
  creating: ['creating', 'available', 'error'],
  deleting: ['deleting', 'error_deleting'],
};

export function isSnapshotStatus(text: string): text is SnapshotStatus {
  return (SNAPSHOT_STATUSES as readonly string[]).includes(text);
}

/** Statuses of a volume that can be snapshotted; one in use only where the caller knows what that means (`force`, or 3.66). */
export function statusesToSnapshot({ isInUseAllowed }: { isInUseAllowed: boolean }): readonly string[] {
  return isInUseAllowed ? ['available', 'in-use'] : ['available'];
}
