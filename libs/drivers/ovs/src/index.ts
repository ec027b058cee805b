export { OvsHostNetwork, type OvsHostNetworkOptions } from './ovs-host-network.js';
