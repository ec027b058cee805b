import { rule } from '@virga/contract';
import { ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_READER, NETWORK_OWNER_MEMBER, NETWORK_OWNER_READER, PROJECT_MEMBER, PROJECT_READER } from './checks.js';

const changed = `${PROJECT_MEMBER} or (${ADMIN}) or (${NETWORK_OWNER_MEMBER})`;
const tagsSeen = `${PROJECT_READER} or rule:shared or (${ADMIN}) or (${NETWORK_OWNER_READER})`;
const seen = `${tagsSeen} or rule:service_api`;

export const subnetsPolicy = {
  create: rule('create_subnet', { check: `(${ADMIN}) or (${NETWORK_OWNER_MEMBER})`, describe: 'Create a subnet on a network.' }),
  get: rule('get_subnet', { check: seen, describe: 'See a subnet.' }),
  update: rule('update_subnet', { check: changed, describe: 'Change a subnet.' }),
  delete: rule('delete_subnet', { check: changed, describe: 'Delete a subnet.' }),
  getTags: rule('get_subnet:tags', { check: tagsSeen, describe: 'See a subnet\'s tags.' }),
  updateTags: rule('update_subnet:tags', { check: changed, describe: 'Change a subnet\'s tags.' }),
  deleteTags: rule('delete_subnet:tags', { check: changed, describe: 'Remove a subnet\'s tags.' }),
};

const poolSeen = `${ADMIN_OR_READER} or rule:shared_subnetpools`;

export const subnetPoolsPolicy = {
  create: rule('create_subnetpool', { check: ADMIN_OR_MEMBER, describe: 'Create a subnet pool.' }),
  createShared: rule('create_subnetpool:shared', { check: ADMIN, describe: 'Create a subnet pool that all projects share.' }),
  createDefault: rule('create_subnetpool:is_default', { check: ADMIN, describe: 'Make a new subnet pool the default one.' }),
  get: rule('get_subnetpool', { check: poolSeen, describe: 'See a subnet pool.' }),
  update: rule('update_subnetpool', { check: ADMIN_OR_MEMBER, describe: 'Change a subnet pool.' }),
  updateDefault: rule('update_subnetpool:is_default', { check: ADMIN, describe: 'Make a subnet pool the default one, or stop.' }),
  delete: rule('delete_subnetpool', { check: ADMIN_OR_MEMBER, describe: 'Delete a subnet pool.' }),
  addPrefixes: rule('add_prefixes', { check: ADMIN_OR_MEMBER, describe: 'Add prefixes to a subnet pool.' }),
  removePrefixes: rule('remove_prefixes', { check: ADMIN_OR_MEMBER, describe: 'Take prefixes out of a subnet pool.' }),
  getTags: rule('get_subnetpool:tags', { check: poolSeen, describe: 'See a subnet pool\'s tags.' }),
  updateTags: rule('update_subnetpool:tags', { check: ADMIN_OR_MEMBER, describe: 'Change a subnet pool\'s tags.' }),
  deleteTags: rule('delete_subnetpool:tags', { check: ADMIN_OR_MEMBER, describe: 'Remove a subnet pool\'s tags.' }),
};
