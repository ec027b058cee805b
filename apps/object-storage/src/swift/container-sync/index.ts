export type { Realm } from './realms.js';
export { parseSyncTo } from './signature.js';
export { SyncOptions } from './sync-options.js';
export { SyncAccess } from './sync-access.js';
export { SyncedRequests } from './synced-requests.js';
export { SyncLoop } from './sync-loop.js';
export { SyncSender } from './sync-sender.js';
export { originTime, syncPlan } from './sync-writes.js';
