export { PoolsModule } from './pools.module.js';
