export type { SyncChange } from './sync-change.js';
export { ATTEMPT_LIMIT, SyncChanges } from './sync-changes.js';
export { SyncChangesModule } from './sync-changes.module.js';
