export { AttachmentsModule } from './attachments.module.js';
export { AttachmentsRepository } from './attachments.repository.js';
export { AttachmentWait } from './attachment-wait.js';
export { AttachmentRow } from './attachment.row.js';
export { ConnectAttachment } from './operations/connect-attachment.operation.js';
export { ReleaseAttachment } from './operations/release-attachment.operation.js';
export type { Attachment } from './attachment.js';
