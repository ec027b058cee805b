export { BlobsModule } from './blobs.module.js';
export { Blobs, BodyIncomplete, BodyTooLarge, type StageOptions } from './blobs.js';
export { OBJECT_STORES, ROOT_KEY_SECRETS } from './tokens.js';
export { BlobUnreadable, type BlobId, type KnownBlob, type Staged, type StagedBlob } from './blob.js';
export { BlobReport, type Report } from './blob-report.js';
