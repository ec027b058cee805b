import type { ProjectId, PublicFault, UserId } from '@virga/kernel';

/** Cinder's words. `creating` and `deleting` have a live operation unless an administrator has set them. */
export const GROUP_STATUSES = ['error', 'available', 'creating', 'deleting', 'deleted', 'updating', 'in-use', 'error_deleting'] as const;
export type GroupStatus = (typeof GROUP_STATUSES)[number];

/** Volumes that belong together: they can be snapshotted, copied and deleted as one. */
export interface Group {
  id: string;
  projectId: ProjectId;
  userId: UserId;
  name: string | null;
  description: string | null;
  status: GroupStatus;
  groupTypeId: string;
  /** Of volumes that may be in it. */
  volumeTypeIds: string[];
  availabilityZone: string | null;
  /** What it was made from. */
  groupSnapshotId: string | null;
  sourceGroupId: string | null;
  replicationStatus: string;
  revision: number;
  fault: PublicFault | null;
  createdAt: Date;
}

export function isGroupStatus(text: string): text is GroupStatus {
  return (GROUP_STATUSES as readonly string[]).includes(text);
}
