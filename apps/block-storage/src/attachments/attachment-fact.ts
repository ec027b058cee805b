import type { AttachmentFact, VolumeLimits } from '@virga/contracts-block-storage';
import type { Volume } from '../volumes/index.js';
import type { Attachment } from './attachment.js';

/** An attachment as compute knows it; one that is gone is none. */
export function attachmentFact(attachment: Attachment, volume: Pick<Volume, 'isMultiattach'>, limits: VolumeLimits = {}): AttachmentFact {
  const { id, volumeId, serverId, generation, state, host, mode, address, fault } = attachment;
  return {
    id, volumeId, serverId, generation, state: state === 'deleted' ? 'detaching' : state, host, isReadOnly: mode === 'ro', isShared: volume.isMultiattach,
    // An address is of use only as long as it is promised.
    address: state === 'attaching' || state === 'attached' || state === 'detaching' ? address : null,
    limits, fault: fault && { code: fault.code, message: fault.message },
  };
}
