export { LocalObjectStore, type LocalStoreOptions } from './local-object-store.js';
