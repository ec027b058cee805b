export { SimulatedNetworkBackend, type SimulatedNetworkOptions } from './simulated-network-backend.js';
export { SimulatedChassis, type SimulatedChassisOptions } from './simulated-chassis.js';
