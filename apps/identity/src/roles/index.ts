export { RolesModule } from './roles.module.js';
export { RolesRepository } from './roles.repository.js';
export { roleTarget } from './roles.service.js';
export { roleView } from './roles.views.js';
export type { Role } from './role.js';
