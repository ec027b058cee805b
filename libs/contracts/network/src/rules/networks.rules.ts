import { rule, type PolicyRule } from '@virga/contract';
import { ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_READER } from './checks.js';

const seen = `${ADMIN_OR_READER} or rule:service_api or rule:shared or rule:external`;
const admin = (name: string, describe: string): PolicyRule => rule(name, { check: ADMIN, describe });

export const networksPolicy = {
  create: rule('create_network', { check: ADMIN_OR_MEMBER, describe: 'Create a network.' }),
  get: rule('get_network', { check: seen, describe: 'See a network.' }),
  update: rule('update_network', { check: ADMIN_OR_MEMBER, describe: 'Change a network.' }),
  delete: rule('delete_network', { check: ADMIN_OR_MEMBER, describe: 'Delete a network.' }),
  getTags: rule('get_network:tags', { check: `${ADMIN_OR_READER} or rule:shared or rule:external`, describe: 'See a network\'s tags.' }),
  updateTags: rule('update_network:tags', { check: ADMIN_OR_MEMBER, describe: 'Change a network\'s tags.' }),
  deleteTags: rule('delete_network:tags', { check: ADMIN_OR_MEMBER, describe: 'Remove a network\'s tags.' }),
};

/** By wire attribute: who may give it when creating. */
export const createNetworkAttributeRules: Readonly<Record<string, PolicyRule>> = {
  'shared': admin('create_network:shared', 'Create a network that all projects share.'),
  'router:external': admin('create_network:router:external', 'Create an external network.'),
  'is_default': admin('create_network:is_default', 'Say whether a new network is the default external one.'),
  'port_security_enabled': rule('create_network:port_security_enabled', { check: ADMIN_OR_MEMBER, describe: 'Say whether ports of a new network are protected.' }),
  'provider:network_type': admin('create_network:provider:network_type', 'Choose how a new network is carried.'),
  'provider:physical_network': admin('create_network:provider:physical_network', 'Choose the physical network below a new network.'),
  'provider:segmentation_id': admin('create_network:provider:segmentation_id', 'Choose a new network\'s segment.'),
};

/** By wire attribute: who may change it. */
export const updateNetworkAttributeRules: Readonly<Record<string, PolicyRule>> = {
  'shared': admin('update_network:shared', 'Share a network with all projects, or stop.'),
  'router:external': admin('update_network:router:external', 'Make a network external, or stop.'),
  'is_default': admin('update_network:is_default', 'Say whether a network is the default external one.'),
  'port_security_enabled': rule('update_network:port_security_enabled', { check: ADMIN_OR_MEMBER, describe: 'Say whether new ports of a network are protected.' }),
  'provider:network_type': admin('update_network:provider:network_type', 'Change how a network is carried.'),
  'provider:physical_network': admin('update_network:provider:physical_network', 'Change the physical network below a network.'),
  'provider:segmentation_id': admin('update_network:provider:segmentation_id', 'Change a network\'s segment.'),
};

/** By wire attribute: who may see it. */
export const getNetworkAttributeRules: Readonly<Record<string, PolicyRule>> = {
  'provider:network_type': admin('get_network:provider:network_type', 'See how a network is carried.'),
  'provider:physical_network': admin('get_network:provider:physical_network', 'See the physical network below a network.'),
  'provider:segmentation_id': admin('get_network:provider:segmentation_id', 'See a network\'s segment.'),
};
