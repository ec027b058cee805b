export { SimulatedNetworkBackend, type SimulatedNetworkOptions } from './simulated-network-backend.js';
