/** What any driver needs that keeps volumes, and whose disks QEMU's tools open: not for applications. */
export { requireExportable, requireFree } from './export-rules.js';
export { ensurePrivateDirectory } from './durable-files.js';
export { refused, translating, unavailable } from './failures.js';
export { requirePlainImage } from './image-header.js';
export { exactly, receiveImage } from './image-stream.js';
export { MOST_BYTES, NbdClient } from './nbd/nbd-client.js';
export { blocksOf, readBlocks, writeBlock } from './nbd/disk-blocks.js';
export { BEHIND_PIPE, endGroup, qemuImg, SECRET_ID } from './qemu/qemu-img.js';
export { endProcesses } from './qemu/leftovers.js';
export { requireId, requireSize } from './request-rules.js';
export { holdStore } from './store-lock.js';
export { StoreCatalog, type KeptExport, type KeptSnapshot, type KeptVolume, type Records } from './store/store-catalog.js';
export { StoreCommands } from './store/store-commands.js';
export { Tombstones, type Tombstone } from './store/tombstones.js';
export { VolumeKeys } from './volume-keys.js';
