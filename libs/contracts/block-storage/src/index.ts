export * from './messages.js';
export * from './agent-messages.js';
export * from './volume-key.js';
export { blockStorageEndpoints, blockStorageRules } from './endpoints.js';
