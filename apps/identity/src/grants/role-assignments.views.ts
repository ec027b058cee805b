import type { RequestFacts } from '@virga/contract';
import { selfUrl } from '@virga/http';
import { linkTo } from '../listing/index.js';
import type { RoleAssignment } from './role-assignments.repository.js';

export function assignmentList(assignments: readonly RoleAssignment[], hasNames: boolean, request: RequestFacts) {
  return {
    role_assignments: assignments.map((assignment) => assignmentView(assignment, hasNames, request)),
    links: { self: selfUrl(request), previous: null, next: null },
  };
}

function assignmentView(one: RoleAssignment, hasNames: boolean, request: RequestFacts) {
  const actor = { id: one.actor_id, ...(hasNames && { name: one.actor_name, domain: { id: one.actor_domain_id, name: one.actor_domain_name } }) };
  const ownDomain = one.role_domain_id === null ? {} : { domain: { id: one.role_domain_id, name: one.role_domain_name } };
  return {
    role: { id: one.role_id, ...(hasNames && { name: one.role_name, ...ownDomain }) },
    ...(one.is_user ? { user: actor } : { group: actor }),
    scope: { ...scopeView(one, hasNames), ...(one.inherited && { 'OS-INHERIT:inherited_to': 'projects' }) },
    links: linksOf(one, request),
  };
}

function scopeView(one: RoleAssignment, hasNames: boolean) {
  if (one.target_id === null) return { system: { all: true } };
  const target = { id: one.target_id, ...(hasNames && { name: one.target_name }) };
  if (one.is_domain === true) return { domain: target };
  return { project: { ...target, ...(hasNames && { domain: { id: one.target_domain_id, name: one.target_domain_name } }) } };
}

/** Where the assignment itself can be looked up, and for one by a group the membership that brings it. */
function linksOf(one: RoleAssignment, request: RequestFacts) {
  const place = one.source_id === null ? 'system' : `${one.source_is_domain === true ? 'domains' : 'projects'}/${one.source_id}`;
  const actor = one.via_group_id === null ? `users/${one.actor_id}` : `groups/${one.via_group_id}`;
  const path = `${place}/${actor}/roles/${one.source_role_id}`;
  return {
    assignment: linkTo(request, one.source_inherited ? `OS-INHERIT/${path}/inherited_to_projects` : path),
    ...(one.is_user && one.via_group_id !== null && { membership: linkTo(request, `groups/${one.via_group_id}/users/${one.actor_id}`) }),
  };
}
