export { VolumeFileBackend, type VolumeFileOptions } from './volume-file-backend.js';
export { MOST_BYTES, NbdClient } from './nbd/nbd-client.js';
export type { GateOptions } from './qemu/gates.js';
