import { rule, type PolicyRule } from '@virga/contract';
import { ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_READER } from './checks.js';

export const routersPolicy = {
  create: rule('create_router', { check: ADMIN_OR_MEMBER, describe: 'Create a router.' }),
  get: rule('get_router', { check: ADMIN_OR_READER, describe: 'See a router.' }),
  update: rule('update_router', { check: ADMIN_OR_MEMBER, describe: 'Change a router.' }),
  delete: rule('delete_router', { check: ADMIN_OR_MEMBER, describe: 'Delete a router.' }),
  addInterface: rule('add_router_interface', { check: ADMIN_OR_MEMBER, describe: 'Connect a router to a subnet.' }),
  removeInterface: rule('remove_router_interface', { check: ADMIN_OR_MEMBER, describe: 'Disconnect a router from a subnet.' }),
  addExtraRoutes: rule('add_extraroutes', { check: ADMIN_OR_MEMBER, describe: 'Add routes to a router.' }),
  removeExtraRoutes: rule('remove_extraroutes', { check: ADMIN_OR_MEMBER, describe: 'Take routes out of a router.' }),
  getTags: rule('get_router:tags', { check: ADMIN_OR_READER, describe: 'See a router\'s tags.' }),
  updateTags: rule('update_router:tags', { check: ADMIN_OR_MEMBER, describe: 'Change a router\'s tags.' }),
  deleteTags: rule('delete_router:tags', { check: ADMIN_OR_MEMBER, describe: 'Remove a router\'s tags.' }),
};

function attributes(verb: 'create' | 'update', word: string): Readonly<Record<string, PolicyRule>> {
  return {
    'distributed': rule(`${verb}_router:distributed`, { check: ADMIN, describe: `Say whether ${word} router is distributed.` }),
    'ha': rule(`${verb}_router:ha`, { check: ADMIN, describe: `Say whether ${word} router is highly available.` }),
    'external_gateway_info': rule(`${verb}_router:external_gateway_info`, { check: ADMIN_OR_MEMBER, describe: `Give ${word} router a gateway.` }),
    'external_gateway_info:network_id': rule(`${verb}_router:external_gateway_info:network_id`, { check: ADMIN_OR_MEMBER, describe: `Choose the external network of ${word} router.` }),
    'external_gateway_info:enable_snat': rule(`${verb}_router:external_gateway_info:enable_snat`, { check: ADMIN, describe: `Say whether ${word} router translates source addresses.` }),
    'external_gateway_info:external_fixed_ips': rule(`${verb}_router:external_gateway_info:external_fixed_ips`, { check: ADMIN, describe: `Choose the external addresses of ${word} router.` }),
  };
}

/** By wire attribute: who may give it when creating. */
export const createRouterAttributeRules = attributes('create', 'a new');
/** By wire attribute: who may change it. */
export const updateRouterAttributeRules = attributes('update', 'a');
/** By wire attribute: who may see it. */
export const getRouterAttributeRules: Readonly<Record<string, PolicyRule>> = {
  distributed: rule('get_router:distributed', { check: ADMIN, describe: 'See whether a router is distributed.' }),
  ha: rule('get_router:ha', { check: ADMIN, describe: 'See whether a router is highly available.' }),
};

export const floatingIpsPolicy = {
  create: rule('create_floatingip', { check: ADMIN_OR_MEMBER, describe: 'Create a floating IP.' }),
  createAddress: rule('create_floatingip:floating_ip_address', { check: `(${ADMIN}) or (role:manager and project_id:%(project_id)s)`, describe: 'Choose a floating IP\'s address.' }),
  get: rule('get_floatingip', { check: ADMIN_OR_READER, describe: 'See a floating IP.' }),
  update: rule('update_floatingip', { check: ADMIN_OR_MEMBER, describe: 'Change or associate a floating IP.' }),
  delete: rule('delete_floatingip', { check: ADMIN_OR_MEMBER, describe: 'Delete a floating IP.' }),
  getTags: rule('get_floatingip:tags', { check: ADMIN_OR_READER, describe: 'See a floating IP\'s tags.' }),
  updateTags: rule('update_floatingip:tags', { check: ADMIN_OR_MEMBER, describe: 'Change a floating IP\'s tags.' }),
  deleteTags: rule('delete_floatingip:tags', { check: ADMIN_OR_MEMBER, describe: 'Remove a floating IP\'s tags.' }),
  getPools: rule('get_floatingip_pool', { check: ADMIN_OR_READER, describe: 'See where floating IPs come from.' }),
};
