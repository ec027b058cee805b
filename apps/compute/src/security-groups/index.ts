export { SecurityGroupsModule } from './security-groups.module.js';
