export { copyVolume, type CopyRequest } from './copy-volume.js';
