import { rule, type PolicyRule } from '@virga/contract';
import { ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_SERVICE, NETWORK_OWNER_MEMBER, NETWORK_OWNER_READER, PROJECT_MEMBER, PROJECT_READER } from './checks.js';

const serviceOrNetworkOwner = `${ADMIN_OR_SERVICE} or ${NETWORK_OWNER_MEMBER}`;
const pairs = `(${ADMIN}) or (${NETWORK_OWNER_MEMBER}) or rule:service_api`;
const ownDevice = `${ADMIN_OR_MEMBER} or rule:service_api`;

export const portsPolicy = {
  create: rule('create_port', { check: `${serviceOrNetworkOwner} or rule:shared`, describe: 'Create a port on a network.' }),
  get: rule('get_port', { check: `${ADMIN_OR_SERVICE} or ${NETWORK_OWNER_READER} or ${PROJECT_READER}`, describe: 'See a port.' }),
  update: rule('update_port', { check: `${ADMIN_OR_SERVICE} or ${PROJECT_MEMBER}`, describe: 'Change a port.' }),
  delete: rule('delete_port', { check: `${ADMIN_OR_SERVICE} or ${NETWORK_OWNER_MEMBER} or ${PROJECT_MEMBER}`, describe: 'Delete a port.' }),
  getTags: rule('get_port:tags', { check: `(${ADMIN}) or (${NETWORK_OWNER_READER}) or ${PROJECT_READER}`, describe: 'See a port\'s tags.' }),
  updateTags: rule('update_port:tags', { check: ADMIN_OR_MEMBER, describe: 'Change a port\'s tags.' }),
  deleteTags: rule('delete_port:tags', { check: `${PROJECT_MEMBER} or (${ADMIN}) or (${NETWORK_OWNER_MEMBER})`, describe: 'Remove a port\'s tags.' }),
};

/** By wire attribute (`fixed_ips:ip_address` for one inside a list): who may give it when creating. */
export const createPortAttributeRules: Readonly<Record<string, PolicyRule>> = {
  'device_id': rule('create_port:device_id', { check: ownDevice, describe: 'Say whose device a new port is.' }),
  'device_owner': rule('create_port:device_owner', { check: `not rule:network_device or ${serviceOrNetworkOwner}`, describe: 'Say what kind of device a new port belongs to.' }),
  'mac_address': rule('create_port:mac_address', { check: serviceOrNetworkOwner, describe: 'Choose a new port\'s MAC address.' }),
  'fixed_ips': rule('create_port:fixed_ips', { check: `${serviceOrNetworkOwner} or rule:shared`, describe: 'Choose where a new port\'s addresses come from.' }),
  'fixed_ips:ip_address': rule('create_port:fixed_ips:ip_address', { check: serviceOrNetworkOwner, describe: 'Choose a new port\'s addresses.' }),
  'fixed_ips:subnet_id': rule('create_port:fixed_ips:subnet_id', { check: `${serviceOrNetworkOwner} or rule:shared`, describe: 'Choose the subnets of a new port.' }),
  'port_security_enabled': rule('create_port:port_security_enabled', { check: serviceOrNetworkOwner, describe: 'Say whether a new port is protected.' }),
  'binding:host_id': rule('create_port:binding:host_id', { check: ADMIN_OR_SERVICE, describe: 'Bind a new port to a host.' }),
  'binding:profile': rule('create_port:binding:profile', { check: 'rule:service_api', describe: 'Give a new port\'s host details.' }),
  'binding:vnic_type': rule('create_port:binding:vnic_type', { check: ownDevice, describe: 'Choose the kind of a new port\'s interface.' }),
  'allowed_address_pairs': rule('create_port:allowed_address_pairs', { check: pairs, describe: 'Let a new port use further addresses.' }),
  'allowed_address_pairs:mac_address': rule('create_port:allowed_address_pairs:mac_address', { check: pairs, describe: 'Let a new port use further MAC addresses.' }),
  'allowed_address_pairs:ip_address': rule('create_port:allowed_address_pairs:ip_address', { check: pairs, describe: 'Let a new port use further IP addresses.' }),
};

/** By wire attribute: who may change it. */
export const updatePortAttributeRules: Readonly<Record<string, PolicyRule>> = {
  'device_id': rule('update_port:device_id', { check: ownDevice, describe: 'Change whose device a port is.' }),
  'device_owner': rule('update_port:device_owner', { check: `not rule:network_device or ${serviceOrNetworkOwner}`, describe: 'Change what kind of device a port belongs to.' }),
  'mac_address': rule('update_port:mac_address', { check: `${ADMIN_OR_SERVICE} or role:manager and rule:network_owner`, describe: 'Change a port\'s MAC address.' }),
  'fixed_ips': rule('update_port:fixed_ips', { check: serviceOrNetworkOwner, describe: 'Change a port\'s addresses.' }),
  'fixed_ips:ip_address': rule('update_port:fixed_ips:ip_address', { check: serviceOrNetworkOwner, describe: 'Choose a port\'s addresses.' }),
  'fixed_ips:subnet_id': rule('update_port:fixed_ips:subnet_id', { check: `${serviceOrNetworkOwner} or rule:shared`, describe: 'Choose a port\'s subnets.' }),
  'port_security_enabled': rule('update_port:port_security_enabled', { check: serviceOrNetworkOwner, describe: 'Say whether a port is protected.' }),
  'binding:host_id': rule('update_port:binding:host_id', { check: ADMIN_OR_SERVICE, describe: 'Bind a port to a host.' }),
  'binding:profile': rule('update_port:binding:profile', { check: 'rule:service_api', describe: 'Change a port\'s host details.' }),
  'binding:vnic_type': rule('update_port:binding:vnic_type', { check: `${ADMIN_OR_SERVICE} or ${PROJECT_MEMBER}`, describe: 'Change the kind of a port\'s interface.' }),
  'allowed_address_pairs': rule('update_port:allowed_address_pairs', { check: pairs, describe: 'Let a port use further addresses.' }),
  'allowed_address_pairs:mac_address': rule('update_port:allowed_address_pairs:mac_address', { check: pairs, describe: 'Let a port use further MAC addresses.' }),
  'allowed_address_pairs:ip_address': rule('update_port:allowed_address_pairs:ip_address', { check: pairs, describe: 'Let a port use further IP addresses.' }),
};

/** By wire attribute: who may see it. */
export const getPortAttributeRules: Readonly<Record<string, PolicyRule>> = {
  'binding:vif_type': rule('get_port:binding:vif_type', { check: ADMIN_OR_SERVICE, describe: 'See how a port is wired.' }),
  'binding:vif_details': rule('get_port:binding:vif_details', { check: ADMIN_OR_SERVICE, describe: 'See the details of a port\'s wiring.' }),
  'binding:host_id': rule('get_port:binding:host_id', { check: ADMIN_OR_SERVICE, describe: 'See a port\'s host.' }),
  'binding:profile': rule('get_port:binding:profile', { check: ADMIN_OR_SERVICE, describe: 'See a port\'s host details.' }),
};
