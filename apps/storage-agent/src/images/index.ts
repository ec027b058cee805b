export { ImageService } from './image-service.js';
export { uploadVolume, type UploadRequest } from './upload-volume.js';
