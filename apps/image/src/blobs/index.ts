export { BlobsModule } from './blobs.module.js';
export { Blobs } from './blobs.js';
export { BlobCollector } from './blob-collector.js';
export { IMAGE_STORE } from './image-store.token.js';
