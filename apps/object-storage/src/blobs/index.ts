export type { BlobId, KnownBlob } from './blob.js';
