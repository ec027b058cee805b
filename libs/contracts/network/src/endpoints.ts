import type { AnyEndpoint } from '@virga/contract';
import { networkEndpointsOfDiscovery } from './discovery.contract.js';
import { networkEndpointsOfFloatingIps } from './floatingips.contract.js';
import { networkEndpointsOfNetworks } from './networks.contract.js';
import { networkEndpointsOfPorts } from './ports.contract.js';
import { networkEndpointsOfQuotas } from './quotas.contract.js';
import { networkEndpointsOfRouters } from './routers.contract.js';
import { networkEndpointsOfSecurityGroups } from './security-groups.contract.js';
import { networkEndpointsOfSubnetPools } from './subnetpools.contract.js';
import { networkEndpointsOfSubnets } from './subnets.contract.js';
import { tagEndpointsByCollection } from './tags.contract.js';

/** `listTagsOfNetworks`, `addTagsOfSecurityGroups`, … */
function tagEndpoints(): Record<string, AnyEndpoint> {
  return Object.fromEntries(Object.entries(tagEndpointsByCollection).flatMap(([collection, endpoints]) =>
    Object.entries(endpoints).map(([verb, one]) => [`${verb}TagsOf${capitalized(collection)}`, one as AnyEndpoint])));
}

function capitalized(collection: string): string {
  return collection.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** Everything that the network service answers. */
export const networkEndpoints: Readonly<Record<string, AnyEndpoint>> = {
  ...networkEndpointsOfDiscovery,
  ...networkEndpointsOfNetworks,
  ...networkEndpointsOfSubnets,
  ...networkEndpointsOfSubnetPools,
  ...networkEndpointsOfPorts,
  ...networkEndpointsOfRouters,
  ...networkEndpointsOfFloatingIps,
  ...networkEndpointsOfSecurityGroups,
  ...networkEndpointsOfQuotas,
  ...tagEndpoints(),
} as unknown as Record<string, AnyEndpoint>;
