export { RoutersController } from './routers.controller.js';
export { RouterParts, RoutersService } from './routers.service.js';
export { InterfaceSources, RouterInterfacesService } from './router-interfaces.service.js';
export { RouterGateway, RouterPorts } from './router-gateway.js';
export { RoutersRepository } from './routers.repository.js';
export { RouterNotFound } from './router.js';
export { RouterRow } from './router.row.js';
