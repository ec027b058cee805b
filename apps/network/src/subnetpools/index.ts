export { SubnetPoolsController } from './subnetpools.controller.js';
export { SubnetPoolsService } from './subnetpools.service.js';
export { SubnetPoolsRepository } from './subnetpools.repository.js';
export { SubnetPrefixes } from './subnet-prefixes.js';
export { SubnetPoolNotFound } from './subnetpool.js';
export { SubnetPoolRow } from './subnetpool.row.js';
