export { VolumeMetadataModule } from './volume-metadata.module.js';
