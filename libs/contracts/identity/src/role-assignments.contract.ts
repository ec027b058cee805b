import { endpoint, open, T } from '@virga/contract';
import { listOf } from './elements.js';
import { anyScopeRule, readable } from './rules.js';

const RoleAssignment = open({ role: T.Any(), scope: T.Any(), user: T.Optional(T.Any()), group: T.Optional(T.Any()), links: T.Any() });

/** Flags count as given unless they say `0` or `false` (`?effective`). */
const Flag = T.Optional(T.String());

const READING = readable('(role:reader and domain_id:%(target.domain_id)s)');

/** Consulted in place of the endpoint's own rule where a project's subtree is asked for. */
export const listSubtreeAssignmentsRule = anyScopeRule('list_role_assignments_for_tree', "List role assignments of a project's subtree.", READING);

export const listRoleAssignments = endpoint({
  route: 'GET /role_assignments', summary: 'List who has which role on what',
  query: open({
    'user.id': T.Optional(T.String()), 'group.id': T.Optional(T.String()), 'role.id': T.Optional(T.String()), 'scope.project.id': T.Optional(T.String()),
    'scope.domain.id': T.Optional(T.String()), 'scope.system': T.Optional(T.String()), 'scope.OS-INHERIT:inherited_to': T.Optional(T.String()),
    effective: Flag, include_names: Flag, include_subtree: Flag,
  }),
  view: listOf('role_assignments', RoleAssignment), replies: 200,
  policy: anyScopeRule('list_role_assignments', 'List role assignments.', READING),
  alsoConsults: [listSubtreeAssignmentsRule],
  cli: { command: 'role assignment list', columns: ['role', 'user', 'group', 'project', 'domain', 'system', 'inherited'] },
});
