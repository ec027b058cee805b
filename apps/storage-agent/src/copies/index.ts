export { copyVolume } from './copy-volume.js';
export { SourceDisks, type SourceOptions } from './source-disks.js';
