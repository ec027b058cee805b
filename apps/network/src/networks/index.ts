export { NetworksController } from './networks.controller.js';
export { NetworkParts, NetworksService, networkTarget } from './networks.service.js';
export { NetworksRepository } from './networks.repository.js';
export { NetworkInUse, NetworkNotFound, type Network } from './network.js';
export { NetworkRow } from './network.row.js';
export { PhysicalNetworks } from './physical-networks.js';
