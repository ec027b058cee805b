export { DloContents } from './dlo-contents.js';
export { requireManifestHeader } from './manifest-header.js';
