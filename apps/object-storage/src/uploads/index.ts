export { UploadsModule } from './uploads.module.js';
export { Uploads, isUpload, type Completion, type NewUpload } from './uploads.js';
export { UploadChanged, UploadNotFound, type Upload, type UploadId, type UploadPart, type UploadQuery, type UploadSettings } from './upload.js';
