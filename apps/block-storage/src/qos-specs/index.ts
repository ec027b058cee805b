export { volumeLimits, type Qos } from './volume-limits.js';
export { QosSpecsRepository } from './qos-specs.repository.js';
export { QosSpecsModule } from './qos-specs.module.js';
