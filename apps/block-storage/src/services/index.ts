export { backendNamed, BackendUnknown } from './service.js';
export { ServicesModule } from './services.module.js';
