import { rule } from '@virga/contract';

/**
 * Rules that others name. Where Neutron looks at an attribute with a `field:` check, the target carries that attribute and the
 * check compares it: `field:networks:shared=True` is `True:%(shared)s` here.
 */
export const basePolicy = {
  contextIsAdmin: rule('context_is_admin', { check: 'role:admin', describe: 'Who administers the cloud.' }),
  serviceApi: rule('service_api', { check: 'role:service', describe: 'Services that call on behalf of others.' }),
  owner: rule('owner', { check: 'project_id:%(project_id)s', describe: 'The project that owns the thing.' }),
  adminOrOwner: rule('admin_or_owner', { check: 'rule:context_is_admin or rule:owner', describe: 'An administrator or the owner.' }),
  adminOnly: rule('admin_only', { check: 'rule:context_is_admin', describe: 'Only administrators.' }),
  networkOwner: rule('network_owner', { check: 'project_id:%(network:project_id)s', describe: 'The owner of the network that the thing is on.' }),
  securityGroupOwner: rule('sg_owner', { check: 'project_id:%(security_group:project_id)s', describe: 'The owner of the rule\'s security group.' }),
  shared: rule('shared', { check: 'True:%(shared)s', describe: 'The network is shared with all projects.' }),
  external: rule('external', { check: 'True:%(router:external)s', describe: 'The network is external.' }),
  externalNetwork: rule('external_network', { check: 'True:%(router:external)s', describe: 'The subnet is on an external network.' }),
  sharedSubnetPools: rule('shared_subnetpools', { check: 'True:%(shared)s', describe: 'The subnet pool is shared with all projects.' }),
  sharedSecurityGroup: rule('shared_security_group', { check: 'True:%(shared)s', describe: 'The security group is shared with the caller.' }),
  networkDevice: rule('network_device', { check: 'True:%(is_network_device)s', describe: 'The port belongs to the network service (its device_owner begins with network:).' }),
  default: rule('default', { check: 'rule:admin_or_owner', describe: 'What holds where nothing else is said.' }),
};
