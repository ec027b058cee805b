export { DiscoveryController } from './discovery.controller.js';
