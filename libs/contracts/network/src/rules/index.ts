import type { PolicyRule } from '@virga/contract';
import { agentsPolicy, discoveryPolicy, quotasPolicy } from './administration.rules.js';
import { basePolicy } from './base.rules.js';
import { createNetworkAttributeRules, getNetworkAttributeRules, networksPolicy, updateNetworkAttributeRules } from './networks.rules.js';
import { createPortAttributeRules, getPortAttributeRules, portsPolicy, updatePortAttributeRules } from './ports.rules.js';
import { createRouterAttributeRules, floatingIpsPolicy, getRouterAttributeRules, routersPolicy, updateRouterAttributeRules } from './routers.rules.js';
import { securityGroupsPolicy } from './security-groups.rules.js';
import { subnetPoolsPolicy, subnetsPolicy } from './subnets.rules.js';

/** Every rule that the network service may consult, with Neutron's names and defaults. */
export const networkRules: readonly PolicyRule[] = [
  basePolicy, networksPolicy, createNetworkAttributeRules, updateNetworkAttributeRules, getNetworkAttributeRules,
  subnetsPolicy, subnetPoolsPolicy, portsPolicy, createPortAttributeRules, updatePortAttributeRules, getPortAttributeRules,
  routersPolicy, createRouterAttributeRules, updateRouterAttributeRules, getRouterAttributeRules, floatingIpsPolicy,
  securityGroupsPolicy, quotasPolicy, agentsPolicy, discoveryPolicy,
].flatMap((group) => Object.values(group));

export {
  agentsPolicy, basePolicy, createNetworkAttributeRules, createPortAttributeRules, createRouterAttributeRules, discoveryPolicy, floatingIpsPolicy,
  getNetworkAttributeRules, getPortAttributeRules, getRouterAttributeRules, networksPolicy, portsPolicy, quotasPolicy, routersPolicy, securityGroupsPolicy,
  subnetPoolsPolicy, subnetsPolicy, updateNetworkAttributeRules, updatePortAttributeRules, updateRouterAttributeRules,
};
