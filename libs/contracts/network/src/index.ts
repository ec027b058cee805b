export {
  ServerNic, WantedNic, resolveNics, ensurePorts, releasePorts, describePorts, listServerPorts, serverNicChanged,
} from './messages.js';
export { networkEndpoints } from './endpoints.js';
export * from './rules/index.js';
export * from './networks.contract.js';
export * from './subnets.contract.js';
export * from './subnetpools.contract.js';
export * from './ports.contract.js';
export * from './routers.contract.js';
export * from './floatingips.contract.js';
export * from './security-groups.contract.js';
export * from './quotas.contract.js';
export * from './discovery.contract.js';
export { tagEndpointsByCollection, type TagEndpoints, type TaggedCollection } from './tags.contract.js';
