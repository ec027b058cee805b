export { LeftoversModule } from './leftovers.module.js';
