import { rule, type PolicyRule } from '@virga/contract';

/** Cinder's base rules (policy reference, "cinder"; its project personas): what the rules of endpoints are made of. */
export const baseRules: readonly PolicyRule[] = [
  rule('admin_or_owner', { check: 'is_admin:True or (role:admin and is_admin_project:True) or project_id:%(project_id)s', describe: 'Default rule of older releases for most APIs.' }),
  rule('system_or_domain_or_project_admin', {
    check: '(role:admin and system_scope:all) or (role:admin and domain_id:%(domain_id)s) or (role:admin and project_id:%(project_id)s)',
    describe: 'Default rule of older releases for administrators of the cloud, a domain or a project.',
  }),
  rule('context_is_admin', { check: 'role:admin', describe: 'Decides what is required for the is_admin:True check to succeed.' }),
  rule('admin_api', { check: 'is_admin:True or (role:admin and is_admin_project:True)', describe: 'Default rule for most administrative APIs.' }),
  rule('xena_system_admin_or_project_reader', { check: '(role:admin) or (role:reader and project_id:%(project_id)s)', describe: 'Readers of the project, or administrators.' }),
  rule('xena_system_admin_or_project_member', { check: '(role:admin) or (role:member and project_id:%(project_id)s)', describe: 'Members of the project, or administrators.' }),
];

export const ADMIN = 'rule:admin_api';
export const READER_OR_ADMIN = 'rule:xena_system_admin_or_project_reader';
export const MEMBER_OR_ADMIN = 'rule:xena_system_admin_or_project_member';
/** Everyone with a token (Cinder's empty check). */
export const ANYONE = '@';

/** A rule of the block storage API with Cinder's name: `volume:create`. */
export function volumeRule(name: string, check: string, describe: string): PolicyRule {
  return rule(name, { check, describe });
}
