export * from './messages.js';
export * from './agent-messages.js';
export { blockStorageEndpoints, blockStorageRules } from './endpoints.js';
