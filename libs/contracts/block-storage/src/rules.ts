import { rule, type PolicyRule } from '@virga/contract';

export const contextIsAdmin = rule('context_is_admin', { check: 'role:admin', describe: 'Decides what is required to be an administrator.' });

/** Cinder's base rules (policy reference, "cinder"): what the rules of endpoints are made of. */
export const baseRules: readonly PolicyRule[] = [
  contextIsAdmin,
  rule('admin_api', { check: 'is_admin:True or (role:admin and is_admin_project:True)', describe: 'Administrators.' }),
  rule('admin_or_owner', {
    check: 'is_admin:True or (role:admin and is_admin_project:True) or project_id:%(project_id)s', describe: 'Default rule of older releases for most APIs.',
  }),
  rule('system_or_domain_or_project_admin', {
    check: '(role:admin and system_scope:all) or (role:admin and domain_id:%(domain_id)s) or (role:admin and project_id:%(project_id)s)',
    describe: 'Administrators of the system, or of the domain or project that owns the target.',
  }),
  rule('xena_system_admin_or_project_reader', { check: '(role:admin) or (role:reader and project_id:%(project_id)s)', describe: 'Readers of the project, or administrators.' }),
  rule('xena_system_admin_or_project_member', { check: '(role:admin) or (role:member and project_id:%(project_id)s)', describe: 'Members of the project, or administrators.' }),
  rule('service_api', { check: 'role:service', describe: 'Another service of the cloud.' }),
];

export const ADMIN = 'rule:admin_api';
/** Everyone with a token. */
export const ANYONE = '';
export const MEMBER_OR_ADMIN = 'rule:xena_system_admin_or_project_member';
export const READER_OR_ADMIN = 'rule:xena_system_admin_or_project_reader';

/** A rule of the block storage API. */
export function blockStorageRule(name: string, check: string, describe: string): PolicyRule {
  return rule(name, { check, describe });
}
