export { changedMetadata, type Metadata, type MetadataChange } from './metadata.js';
export { METADATA_SECRETS, sealMetadata, openMetadata, type StoredMetadata } from './secret-metadata.js';
