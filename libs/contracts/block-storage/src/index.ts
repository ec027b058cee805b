export * from './messages.js';
export * from './agent-messages.js';
export { blockStorageEndpoints, blockStorageRules } from './endpoints.js';
export { MAX_PAGE } from './paging.js';
export { contextIsAdmin } from './rules.js';
export { BLOCK_STORAGE_VERSIONS } from './versions.contract.js';
export * as versions from './versions.contract.js';
export * as volumes from './volumes.contract.js';
