export { askerOf, BlockStorageCalls, type Asker } from './block-storage-calls.js';
export { BlockStorageModule } from './block-storage.module.js';
