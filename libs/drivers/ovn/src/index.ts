export { OvnNetworkBackend, type OvnOptions } from './ovn-network-backend.js';
