import type { ensureExport } from '@virga/contracts-block-storage';
import { raise } from '@virga/kernel';
import type { CommandTo } from '../backends/index.js';
import { VolumeState, type Volume } from '../volumes/index.js';
import { backendOf, type Attachment } from './attachment.js';
import { ConnectorUnusable } from './attachment-faults.js';

/** The backend that the attachment leads to; throws where its volume is on none. */
export function placed(attachment: Pick<Attachment, 'backend'>, volume: Pick<Volume, 'id' | 'backend'>): string {
  return backendOf(attachment, volume) ?? raise(new VolumeState(`Volume ${volume.id} is on no storage host.`));
}

/** What the storage host is told so that the attachment's host can open the volume. */
export function exportCommand({ id, generation, volumeId, host, mode }: Attachment, { isMultiattach, keyId }: Pick<Volume, 'isMultiattach' | 'keyId'>): CommandTo<typeof ensureExport> {
  return {
    attachmentId: id, generation, volumeId, host: host ?? raise(new ConnectorUnusable('the attachment leads to no host.')),
    isReadOnly: mode === 'ro', isShared: isMultiattach, keyId,
  };
}
