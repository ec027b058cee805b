export { GuestMetadataModule } from './guest-metadata.module.js';
export { metadataUrl } from './metadata-url.js';
