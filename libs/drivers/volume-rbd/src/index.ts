export { VolumeRbdBackend, type VolumeRbdOptions } from './volume-rbd-backend.js';
export { ExportReader } from './export-reader.js';
export type { OpenedDisk } from './opened-disk.js';
