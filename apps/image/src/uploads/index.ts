export { UploadsModule } from './uploads.module.js';
export { AbandonedUploads } from './abandoned-uploads.js';
