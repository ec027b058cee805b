import { rule } from '@virga/contract';
import { ADMIN, ADMIN_OR_MEMBER, ADMIN_OR_READER } from './checks.js';

const seen = `${ADMIN_OR_READER} or rule:shared_security_group`;

export const securityGroupsPolicy = {
  create: rule('create_security_group', { check: ADMIN_OR_MEMBER, describe: 'Create a security group.' }),
  get: rule('get_security_group', { check: seen, describe: 'See a security group.' }),
  update: rule('update_security_group', { check: ADMIN_OR_MEMBER, describe: 'Change a security group.' }),
  delete: rule('delete_security_group', { check: ADMIN_OR_MEMBER, describe: 'Delete a security group.' }),
  getTags: rule('get_security_group:tags', { check: seen, describe: 'See a security group\'s tags.' }),
  updateTags: rule('update_security_group:tags', { check: ADMIN_OR_MEMBER, describe: 'Change a security group\'s tags.' }),
  deleteTags: rule('delete_security_group:tags', { check: ADMIN_OR_MEMBER, describe: 'Remove a security group\'s tags.' }),
  createRule: rule('create_security_group_rule', { check: `(${ADMIN}) or (role:member and rule:sg_owner)`, describe: 'Add a rule to a security group.' }),
  getRule: rule('get_security_group_rule', { check: `(${ADMIN}) or (role:reader and rule:sg_owner)`, describe: 'See a security group\'s rule.' }),
  deleteRule: rule('delete_security_group_rule', { check: `(${ADMIN}) or (role:member and rule:sg_owner)`, describe: 'Take a rule out of a security group.' }),
};
