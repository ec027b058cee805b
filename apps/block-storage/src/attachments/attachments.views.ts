import type { OutputOf } from '@virga/contract';
import type { attachments } from '@virga/contracts-block-storage';
import { bareTime } from '../wire/index.js';
import { attachStatus, type Attachment } from './attachment.js';
import { connectionInfo, type ConnectionFacts } from './connection-info.js';

/** An attachment with what its reader may know of its connection. */
export interface ShownAttachment {
  attachment: Attachment;
  facts: ConnectionFacts;
}

export function attachmentSummary(attachment: Attachment) {
  return { id: attachment.id, status: attachStatus(attachment), instance: attachment.serverId, volume_id: attachment.volumeId };
}

export function attachmentDetails({ attachment, facts }: ShownAttachment) {
  return {
    ...attachmentSummary(attachment),
    attached_at: attachment.attachedAt === null ? '' : bareTime(attachment.attachedAt), detached_at: '',
    attach_mode: attachment.mode, connection_info: connectionInfo(attachment, facts),
    ...(attachment.fault !== null && { 'x-virga:fault': { code: attachment.fault.code, message: attachment.fault.message } }),
  };
}

export function attachmentView(shown: ShownAttachment): OutputOf<typeof attachments.showAttachment> {
  return { attachment: attachmentDetails(shown) };
}
