export { BlobsModule } from './blobs.module.js';
export { OBJECT_STORES, ROOT_KEY_SECRETS } from './tokens.js';
export type { BlobId, KnownBlob } from './blob.js';
