export { VersionsModule } from './versions.module.js';
