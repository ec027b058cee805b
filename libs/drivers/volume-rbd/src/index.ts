export { VolumeRbdBackend, type VolumeRbdOptions } from './volume-rbd-backend.js';
