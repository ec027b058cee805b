export { isConsistent, isReplicated, type GroupType } from './group-type.js';
export { GroupTypeUnknown } from './group-type-faults.js';
export { GroupTypesRepository } from './group-types.repository.js';
export { DEFAULT_GROUP_TYPE } from './group-types.service.js';
export { GroupTypesModule } from './group-types.module.js';
export { GroupTypeRow } from './group-type.row.js';
