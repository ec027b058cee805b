export type { ServerGroup } from './server-group.js';
export { ServerGroupsRepository } from './server-groups.repository.js';
export { ServerGroupsModule } from './server-groups.module.js';
export { ServerGroupRow } from './server-group.row.js';
