export type { Group } from './group.js';
export { GroupSnapshotUnknown, GroupState, GroupUnknown } from './group-faults.js';
export { GroupAccess } from './group-access.js';
export { GroupsRepository } from './groups.repository.js';
export { GroupsModule } from './groups.module.js';
export { overtakes as groupOvertakes } from './overtakes.js';
export { GroupRow, GroupVolumeTypeRow } from './group.row.js';
