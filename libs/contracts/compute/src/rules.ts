import { rule, type PolicyRule } from '@virga/contract';

/** Nova's base rules (policy reference, "nova"): what the rules of endpoints are made of. */
export const baseRules: readonly PolicyRule[] = [
  rule('context_is_admin', { check: 'role:admin', describe: 'Decides what is required to be an administrator.' }),
  rule('admin_or_owner', { check: 'is_admin:True or project_id:%(project_id)s', describe: 'Default rule of older releases for most APIs.' }),
  rule('admin_api', { check: 'is_admin:True', describe: 'Default rule of older releases for administrative APIs.' }),
  rule('project_manager_api', { check: 'role:manager and project_id:%(project_id)s', describe: 'A manager of the project that owns the target.' }),
  rule('project_member_api', { check: 'role:member and project_id:%(project_id)s', describe: 'A member of the project that owns the target.' }),
  rule('project_reader_api', { check: 'role:reader and project_id:%(project_id)s', describe: 'A reader of the project that owns the target.' }),
  rule('service_api', { check: 'role:service', describe: 'Another service of the cloud.' }),
  rule('project_manager_or_admin', { check: 'rule:project_manager_api or rule:context_is_admin', describe: 'Managers of the project, or administrators.' }),
  rule('project_member_or_admin', { check: 'rule:project_member_api or rule:context_is_admin', describe: 'Members of the project, or administrators.' }),
  rule('project_reader_or_admin', { check: 'rule:project_reader_api or rule:context_is_admin', describe: 'Readers of the project, or administrators.' }),
  rule('service_or_admin', { check: 'rule:service_api or rule:context_is_admin', describe: 'Services, or administrators.' }),
];

export const ADMIN = 'rule:context_is_admin';
/** Everyone with a token (Nova's RULE_ANY). */
export const ANYONE = '@';
export const MEMBER_OR_ADMIN = 'rule:project_member_or_admin';
export const READER_OR_ADMIN = 'rule:project_reader_or_admin';

/** A rule of the compute API, `os_compute_api:` left out. */
export function computeRule(name: string, check: string, describe: string): PolicyRule {
  return rule(`os_compute_api:${name}`, { check, describe });
}
