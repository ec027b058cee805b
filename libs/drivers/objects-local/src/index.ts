export { LocalObjectStore, type LocalStoreOptions } from './local-object-store.js';
export { SimObjectStore } from './sim/sim-object-store.js';
export { SimDisk } from './sim/sim-disk.js';
