import { endpoint, T, type PolicyRule } from '@virga/contract';
import { ADMIN, ADMIN_OR_SYSTEM_READER, adminRule, anyScopeRule, SYSTEM_READER } from './rules.js';
import { Role } from './roles.contract.js';

/** All four pairs of actor and target, each of the caller's domain and by one role. */
function inOwnDomain(role: string): string {
  const pairs = ['user', 'group'].flatMap((actor) => ['project.domain_id', 'domain.id'].map((target) =>
    `(role:${role} and domain_id:%(target.${actor}.domain_id)s and domain_id:%(target.${target})s)`));
  return `(${pairs.join(' or ')})`;
}

const OWN_OR_GLOBAL_ROLE = '(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)';
const CHANGING = `(${ADMIN}) or (${inOwnDomain('admin')} and ${OWN_OR_GLOBAL_ROLE}) or (${inOwnDomain('manager')} and rule:domain_managed_target_role)`;

const create = anyScopeRule('create_grant', 'Give an actor a role on a target.', CHANGING);
const revoke = anyScopeRule('revoke_grant', 'Take a role on a target from an actor.', CHANGING);
const check = anyScopeRule('check_grant', 'Check whether an actor has a role on a target.', `(${ADMIN}) or ((${SYSTEM_READER}) or (${inOwnDomain('reader')} and ${OWN_OR_GLOBAL_ROLE}))`);
const list = anyScopeRule('list_grants', 'List the roles of an actor on a target.', `(${ADMIN}) or ((${SYSTEM_READER}) or ${inOwnDomain('reader')})`);

export type GrantActor = 'user' | 'group';
export type GrantTarget = 'project' | 'domain' | 'system';

const fails = ['identity.role.not-found', 'identity.user.not-found', 'identity.group.not-found', 'identity.project.not-found', 'identity.domain.not-found', 'identity.grant.not-found'];
const RolesView = T.Object({ roles: T.Array(Role), links: T.Any() });

interface GrantRules { create: PolicyRule; revoke: PolicyRule; check: PolicyRule; list: PolicyRule }

/** The endpoints of one kind of grant: who gets it and on what. */
export interface GrantEndpoints extends ReturnType<typeof grantEndpoints> {}

function grantEndpoints(actor: GrantActor, target: GrantTarget, isInherited: boolean, rules: GrantRules) {
  const place = target === 'system' ? '/system' as const : `/${target}s/{${target}_id}` as const;
  const actors = `${isInherited ? '/OS-INHERIT' : ''}${place}/${actor}s/{${actor}_id}/roles` as const;
  const tail = isInherited ? '/inherited_to_projects' : '';
  const what = `${actor}'s ${isInherited ? 'inherited ' : ''}role${target === 'system' ? ' on the system' : ` on a ${target}`}`;
  return {
    actor, target, isInherited,
    create: endpoint({ route: `PUT ${actors}/{role_id}${tail}`, summary: `Create a ${what}`, replies: 204, policy: rules.create, fails }),
    check: endpoint({ route: `GET ${actors}/{role_id}${tail}`, summary: `Check a ${what}`, replies: 204, policy: rules.check, fails }),
    revoke: endpoint({ route: `DELETE ${actors}/{role_id}${tail}`, summary: `Revoke a ${what}`, replies: 204, policy: rules.revoke, fails }),
    list: endpoint({ route: `GET ${actors}${tail}`, summary: `List a ${what}s`, view: RolesView, replies: 200, policy: rules.list, fails }),
  };
}

function systemRules(actor: GrantActor): GrantRules {
  return {
    create: adminRule(`create_system_grant_for_${actor}`, `Give a ${actor} a role on the system.`),
    revoke: adminRule(`revoke_system_grant_for_${actor}`, `Take a role on the system from a ${actor}.`),
    check: adminRule(`check_system_grant_for_${actor}`, `Check whether a ${actor} has a role on the system.`, ADMIN_OR_SYSTEM_READER),
    list: adminRule(`list_system_grants_for_${actor}`, `List the roles of a ${actor} on the system.`, ADMIN_OR_SYSTEM_READER),
  };
}

const resourceRules = { create, revoke, check, list };

export const userOnProject = grantEndpoints('user', 'project', false, resourceRules);
export const groupOnProject = grantEndpoints('group', 'project', false, resourceRules);
export const userOnDomain = grantEndpoints('user', 'domain', false, resourceRules);
export const groupOnDomain = grantEndpoints('group', 'domain', false, resourceRules);
export const userInheritedOnProject = grantEndpoints('user', 'project', true, resourceRules);
export const groupInheritedOnProject = grantEndpoints('group', 'project', true, resourceRules);
export const userInheritedOnDomain = grantEndpoints('user', 'domain', true, resourceRules);
export const groupInheritedOnDomain = grantEndpoints('group', 'domain', true, resourceRules);
export const userOnSystem = grantEndpoints('user', 'system', false, systemRules('user'));
export const groupOnSystem = grantEndpoints('group', 'system', false, systemRules('group'));

/** Every kind of grant. */
export const grantKinds = {
  userOnProject, groupOnProject, userOnDomain, groupOnDomain,
  userInheritedOnProject, groupInheritedOnProject, userInheritedOnDomain, groupInheritedOnDomain, userOnSystem, groupOnSystem,
} satisfies Record<string, GrantEndpoints>;
