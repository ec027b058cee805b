export { ServerPortsCalls } from './server-ports.calls.js';
export { ServerPortParts, ServerPortsService } from './server-ports.service.js';
export { ServerPortsRepository } from './server-ports.repository.js';
export { NicResolution, ServerGroups } from './nic-resolution.js';
