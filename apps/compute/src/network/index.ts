export { NetworkCalls } from './network-calls.js';
export { NetworkModule } from './network.module.js';
