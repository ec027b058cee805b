import { rule } from '@virga/contract';
import { ADMIN, ADMIN_OR_SERVICE } from './checks.js';

export const quotasPolicy = {
  get: rule('get_quota', { check: `(${ADMIN}) or (role:manager and project_id:%(project_id)s)`, describe: 'See a project\'s quota.' }),
  update: rule('update_quota', { check: ADMIN, describe: 'Change a project\'s quota.' }),
  delete: rule('delete_quota', { check: ADMIN, describe: 'Give a project the default quota again.' }),
};

export const agentsPolicy = {
  get: rule('get_agent', { check: ADMIN, describe: 'See the controllers on the hosts.' }),
};

export const discoveryPolicy = {
  extensions: rule('get_extension', { check: '@', describe: 'See what the API can do; Neutron asks no rule.' }),
  availabilityZones: rule('get_availability_zone', { check: 'role:reader', describe: 'See the availability zones.' }),
  serviceProviders: rule('get_service_provider', { check: 'role:reader', describe: 'See the service providers.' }),
  ipAvailability: rule('get_network_ip_availability', { check: ADMIN_OR_SERVICE, describe: 'See how many addresses of a network are used.' }),
};
