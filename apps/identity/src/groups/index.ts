export { GroupsModule } from './groups.module.js';
export { GroupsRepository } from './groups.repository.js';
