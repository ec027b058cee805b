export { VersionsController } from './versions.controller.js';
export { canonicalUrl, requireOwnProject } from './canonical-url.js';
