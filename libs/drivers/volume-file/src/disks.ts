/** What any driver needs whose disks QEMU's tools open: not for applications. */
export { requireExportable, requireFree } from './export-rules.js';
export { ensurePrivateDirectory } from './durable-files.js';
export { refused, translating, unavailable } from './failures.js';
export { requirePlainImage } from './image-header.js';
export { exactly, receiveImage } from './image-stream.js';
export { MOST_BYTES, NbdClient } from './nbd/nbd-client.js';
export { blocksOf, readBlocks, writeBlock } from './nbd/disk-blocks.js';
export { BEHIND_PIPE, endGroup, qemuImg, SECRET_ID } from './qemu/qemu-img.js';
export { endProcesses } from './qemu/leftovers.js';
export { requireCommand, requireId, requireSize, requireSnapshotRequests } from './request-rules.js';
export { holdStore } from './store-lock.js';
export { TOMBSTONE_LIFE } from './tombstones.js';
export { VolumeKeys } from './volume-keys.js';
