export { Passes, type Pass } from './passes.js';
export { PassesModule } from './passes.module.js';
