export { overtakes as deviceOvertakes } from './overtakes.js';
export { VolumeAttachmentsModule } from './volume-attachments.module.js';
