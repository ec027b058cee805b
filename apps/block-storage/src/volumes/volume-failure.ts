import type { Failure } from '../messages/index.js';
import type { Volume, VolumeFault } from './volume.js';

type What = Pick<Failure, 'action' | 'detail'>;

const NO_BACKEND = 'block-storage.scheduling.no-valid-backend';

const UNPLACED: What = { action: 'schedule-volume', detail: 'no-backend' };
const FROM_IMAGE: What = { action: 'copy-image-to-volume', detail: 'create-failed' };

/** What was being done with a volume of each status; of the others, nothing that users are told of. */
const DOING: Readonly<Record<string, What>> = {
  creating: { action: 'create-volume', detail: 'create-failed' },
  extending: { action: 'extend-volume', detail: 'extend-failed' },
  uploading: { action: 'copy-volume-to-image', detail: 'upload-failed' },
  downloading: { action: 'reimage-volume', detail: 'reimage-failed' },
  attaching: { action: 'attach-volume', detail: 'attach-failed' },
  detaching: { action: 'update-attachment', detail: 'detach-failed' },
  'backing-up': { action: 'create-backup', detail: 'backup-failed' },
  'restoring-backup': { action: 'restore-backup', detail: 'restore-failed' },
};

/** What the volume's project is told of a fault that it got in this status; undefined where that is nothing. Pure. */
export function failureOf({ id, projectId, status, imageMetadata, sourceVolumeId, snapshotId }: Volume, fault: VolumeFault): Failure | undefined {
  const isFromImage = status === 'creating' && imageMetadata !== null && sourceVolumeId === null && snapshotId === null;
  const doing = isFromImage ? FROM_IMAGE : DOING[status];
  const what = fault.code === NO_BACKEND ? UNPLACED : doing;
  return what && { ...what, projectId, resource: { kind: 'volume', id }, cause: fault };
}
