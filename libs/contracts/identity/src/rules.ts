import { rule, type PolicyRule } from '@virga/contract';

/** Pieces that Keystone's defaults are made of (its policy reference). */
export const ADMIN = 'rule:admin_required';
export const SYSTEM_READER = 'role:reader and system_scope:all';
export const ADMIN_OR_SYSTEM_READER = `${ADMIN} or (${SYSTEM_READER})`;

type ScopeName = 'system' | 'domain' | 'project';
export const EVERY_SCOPE: readonly ScopeName[] = ['system', 'domain', 'project'];
const SYSTEM_OR_PROJECT: readonly ScopeName[] = ['system', 'project'];

/** A rule of Keystone's for callers of system or project scope. */
export function adminRule(name: string, describe: string, check: string = ADMIN): PolicyRule {
  return rule(`identity:${name}`, { check, describe, scopes: SYSTEM_OR_PROJECT });
}

/** A rule of Keystone's for callers of any scope. */
export function anyScopeRule(name: string, describe: string, check: string): PolicyRule {
  return rule(`identity:${name}`, { check, describe, scopes: EVERY_SCOPE });
}

/** A default that lets administrators and system readers through, and others by `check`. */
export function readable(check: string): string {
  return `(${ADMIN}) or (${SYSTEM_READER}) or ${check}`;
}

/** The rules that others name. */
export const identityRules: readonly PolicyRule[] = [
  rule('admin_required', { check: 'role:admin or is_admin:1', describe: 'Administrators.' }),
  rule('service_role', { check: 'role:service', describe: 'Services.' }),
  rule('service_or_admin', { check: 'rule:admin_required or rule:service_role', describe: 'Services and administrators.' }),
  rule('owner', { check: 'user_id:%(user_id)s', describe: 'The user whom the request is about.' }),
  rule('admin_or_owner', { check: 'rule:admin_required or rule:owner', describe: 'Administrators, and the user whom the request is about.' }),
  rule('token_subject', { check: 'user_id:%(target.token.user_id)s', describe: 'The user of the token that the request is about.' }),
  rule('admin_or_token_subject', { check: 'rule:admin_required or rule:token_subject', describe: 'Administrators, and the user of the token.' }),
  rule('service_admin_or_token_subject', { check: 'rule:service_or_admin or rule:token_subject', describe: 'Services, administrators, and the user of the token.' }),
  rule('domain_managed_target_role', {
    check: "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s",
    describe: 'The roles that a domain manager may hand out.',
  }),
];
