export { Archives } from './archives.js';
export { DELETE_MARKER_TYPE, ObjectVersions } from './object-versions.js';
export { retentionFor } from './locks.js';
export { idOf } from './version-id.js';
export { VersioningOptions } from './versioning-options.js';
export { VersionsListing, type ListedVersion } from './versions-listing.js';
