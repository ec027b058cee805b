export { SimVolumeBackend, type SimVolumeOptions, type SimGuestDisk } from './sim-volume-backend.js';
