import { Invalid } from '@virga/kernel';
import type { VolumeStatus } from '../volume.js';

/** What an operator wants a volume to be said to be; words as they came. */
export interface ResetRequest {
  status?: string | null | undefined;
  attach_status?: string | null | undefined;
  migration_status?: string | null | undefined;
}

export interface Reset {
  /** Undefined: it stays. */
  status: VolumeStatus | undefined;
  /** Undefined: it stays; null: the volume was never migrated. */
  migrationStatus: string | null | undefined;
}

class ResetImpossible extends Invalid {
  constructor(reason: string) {
    super('block-storage.volume.reset', reason);
  }
}

/** Statuses as Cinder's API knows them (api-ref, "Volume statuses"); those without a way out are for operations alone. */
const STATUSES: ReadonlySet<string> = new Set<VolumeStatus>([
  'creating', 'available', 'error', 'error_deleting', 'error_managing', 'managing', 'attaching', 'in-use', 'detaching', 'maintenance', 'restoring-backup',
  'error_restoring', 'reserved', 'awaiting-transfer', 'backing-up', 'error_backing-up', 'error_extending', 'downloading', 'uploading', 'retyping', 'extending',
]);
const MIGRATION_STATUSES: ReadonlySet<string> = new Set(['migrating', 'error', 'success', 'completing', 'none', 'starting']);

/** What the request means for a volume with so many attachments. Throws `Invalid` in Cinder's words. */
export function resetOf(request: ResetRequest, attachments: number): Reset {
  const [status, attachStatus, migrationStatus] = [request.status, request.attach_status, request.migration_status].map((word) => word?.toLowerCase() || undefined);
  if (status === undefined && attachStatus === undefined && migrationStatus === undefined) {
    throw new ResetImpossible("Must specify 'status', 'attach_status' or 'migration_status' for update.");
  }
  requireAttachStatus(attachStatus, attachments);
  if (migrationStatus !== undefined && !MIGRATION_STATUSES.has(migrationStatus)) {
    throw new ResetImpossible(`Volume migration status: ${migrationStatus.slice(0, 40)} is invalid, valid statuses are: ${[...MIGRATION_STATUSES].join(', ')}.`);
  }
  return {
    status: status === undefined ? undefined : statusOf(status, attachments),
    migrationStatus: migrationStatus === 'none' ? null : migrationStatus,
  };
}

function statusOf(status: string, attachments: number): VolumeStatus {
  if (status === 'deleting') throw new ResetImpossible('Cannot reset-state to deleting');
  if (!STATUSES.has(status)) throw new ResetImpossible(`Volume status: ${status.slice(0, 40)} is invalid, valid statuses are: ${[...STATUSES].join(', ')}.`);
  if (status === 'in-use' && attachments === 0) throw new ResetImpossible('Cannot reset-state to in-use because volume does not have any attachments.');
  return status as VolumeStatus;
}

/** Whether a volume is attached is what its attachments say: that is not changed by saying something else. */
function requireAttachStatus(wanted: string | undefined, attachments: number): void {
  if (wanted === undefined) return;
  if (wanted !== 'attached' && wanted !== 'detached') {
    throw new ResetImpossible(`Volume attach status: ${wanted.slice(0, 40)} is invalid, valid statuses are: attached, detached.`);
  }
  if (wanted === 'detached' && attachments > 0) throw new ResetImpossible('The volume has attachments: detach it, or delete them.');
  if (wanted === 'attached' && attachments === 0) throw new ResetImpossible('The volume has no attachments.');
}
