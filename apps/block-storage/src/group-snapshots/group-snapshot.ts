import type { ProjectId, PublicFault, UserId } from '@virga/kernel';

/** Cinder's words. `creating` and `deleting` have a live operation unless an administrator has set them. */
export const GROUP_SNAPSHOT_STATUSES = ['error', 'available', 'creating', 'deleting', 'deleted', 'updating', 'error_deleting'] as const;
export type GroupSnapshotStatus = (typeof GROUP_SNAPSHOT_STATUSES)[number];

/** Snapshots of all volumes of a group, taken together. */
export interface GroupSnapshot {
  id: string;
  projectId: ProjectId;
  userId: UserId;
  groupId: string;
  groupTypeId: string;
  name: string | null;
  description: string | null;
  status: GroupSnapshotStatus;
  revision: number;
  fault: PublicFault | null;
  createdAt: Date;
}

export function isGroupSnapshotStatus(text: string): text is GroupSnapshotStatus {
  return (GROUP_SNAPSHOT_STATUSES as readonly string[]).includes(text);
}
