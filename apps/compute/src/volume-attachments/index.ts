export { VolumeAttachmentsModule } from './volume-attachments.module.js';
