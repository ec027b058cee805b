export { VersionsController } from './versions.controller.js';
export { canonicalUrl } from './canonical-url.js';
