export { SimHostNetwork } from './sim-host-network.js';
