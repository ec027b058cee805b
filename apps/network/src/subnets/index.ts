export { SubnetsController } from './subnets.controller.js';
export { SubnetParts, SubnetsService } from './subnets.service.js';
export { SubnetCreation } from './subnet-creation.js';
export { SubnetsRepository } from './subnets.repository.js';
export { SubnetInUse, SubnetNotFound, type Subnet } from './subnet.js';
export { SubnetRow } from './subnet.row.js';
