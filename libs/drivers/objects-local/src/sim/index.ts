export { SimObjectStore } from './sim-object-store.js';
export { SimDisk } from './sim-disk.js';
