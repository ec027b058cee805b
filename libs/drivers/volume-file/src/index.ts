export { VolumeFileBackend, type VolumeFileOptions } from './volume-file-backend.js';
export type { GateOptions } from './qemu/gates.js';
