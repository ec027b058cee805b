export { SecurityGroupsController } from './security-groups.controller.js';
export { SecurityGroupParts, SecurityGroupsService } from './security-groups.service.js';
export { SecurityGroupRulesService } from './security-group-rules.service.js';
export { SecurityGroupsRepository } from './security-groups.repository.js';
export { DefaultGroup } from './default-group.js';
export { SecurityGroupInUse, SecurityGroupNotFound } from './security-group.js';
export { SecurityGroupRow, SecurityGroupRuleRow } from './security-group.row.js';
