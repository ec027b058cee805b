import { endpoint, Nullable, open, T } from '@virga/contract';
import { Description, Id, Links, listOf, Name, nameFilter, paging, ResourceOptions, shown } from './elements.js';
import { ADMIN_OR_SYSTEM_READER, adminRule, anyScopeRule } from './rules.js';

export const Role = open({ ...shown, name: T.String(), domain_id: Nullable(T.String()), description: Nullable(T.String()), options: T.Any() });
const RoleView = T.Object({ role: Role });

const accepted = { description: T.Optional(Description), options: T.Optional(ResourceOptions) };

/** The rules that hold for roles of a domain in place of the endpoints' own. */
export const domainRoleRules = {
  create: adminRule('create_domain_role', 'Create a role of a domain.'),
  list: adminRule('list_domain_roles', "List a domain's roles.", ADMIN_OR_SYSTEM_READER),
  show: adminRule('get_domain_role', 'Show a role of a domain.', ADMIN_OR_SYSTEM_READER),
  update: adminRule('update_domain_role', 'Change a role of a domain.'),
  delete: adminRule('delete_domain_role', 'Delete a role of a domain.'),
};

export const createRole = endpoint({
  route: 'POST /roles', isShownAgain: true, summary: 'Create a role', body: open({ role: open({ name: Name, domain_id: T.Optional(Nullable(Id)), ...accepted }) }), view: RoleView, replies: 201,
  policy: adminRule('create_role', 'Create a role.'), alsoConsults: [domainRoleRules.create],
  fails: ['identity.role.exists'], cli: { command: 'role create' },
});

export const listRoles = endpoint({
  route: 'GET /roles', summary: 'List roles', query: open({ ...paging, ...nameFilter, domain_id: T.Optional(T.String()) }), view: listOf('roles', Role), replies: 200,
  policy: anyScopeRule('list_roles', 'List roles.', `(${ADMIN_OR_SYSTEM_READER}) or (role:manager and not domain_id:None)`),
  alsoConsults: [domainRoleRules.list], cli: { command: 'role list', columns: ['id', 'name'] },
});

export const showRole = endpoint({
  route: 'GET /roles/{role_id}', summary: 'Show a role', view: RoleView, replies: 200,
  policy: anyScopeRule('get_role', 'Show a role.', `(${ADMIN_OR_SYSTEM_READER}) or (role:manager and rule:domain_managed_target_role)`),
  alsoConsults: [domainRoleRules.show], fails: ['identity.role.not-found'], cli: { command: 'role show' },
});

export const updateRole = endpoint({
  route: 'PATCH /roles/{role_id}', summary: 'Change a role', body: open({ role: open({ name: T.Optional(Name), ...accepted }) }), view: RoleView, replies: 200,
  policy: adminRule('update_role', 'Change a role.'), alsoConsults: [domainRoleRules.update],
  fails: ['identity.role.not-found', 'identity.role.exists'], cli: { command: 'role set' },
});

export const deleteRole = endpoint({
  route: 'DELETE /roles/{role_id}', summary: 'Delete a role and all its assignments', replies: 204,
  policy: adminRule('delete_role', 'Delete a role.'), alsoConsults: [domainRoleRules.delete],
  fails: ['identity.role.not-found'], cli: { command: 'role delete' },
});

const BriefRole = T.Object({ id: T.String(), name: T.String(), links: Links });
const Inference = T.Object({ prior_role: BriefRole, implies: BriefRole });
const InferenceView = T.Object({ role_inference: Inference, links: T.Optional(T.Any()) });

export const listImpliedRoles = endpoint({
  route: 'GET /roles/{prior_role_id}/implies', summary: 'List the roles that a role implies',
  view: T.Object({ role_inference: T.Object({ prior_role: BriefRole, implies: T.Array(BriefRole) }), links: T.Any() }), replies: 200,
  policy: adminRule('list_implied_roles', 'List the roles that a role implies.', ADMIN_OR_SYSTEM_READER), fails: ['identity.role.not-found'],
});

export const showImpliedRole = endpoint({
  route: 'GET /roles/{prior_role_id}/implies/{implied_role_id}', summary: 'Show that a role implies another', view: InferenceView, replies: 200,
  policy: adminRule('get_implied_role', 'Show that a role implies another.', ADMIN_OR_SYSTEM_READER), fails: ['identity.role.not-found'],
});

export const checkImpliedRole = endpoint({
  route: 'HEAD /roles/{prior_role_id}/implies/{implied_role_id}', summary: 'Check whether a role implies another', replies: 204,
  policy: adminRule('check_implied_role', 'Check whether a role implies another.', ADMIN_OR_SYSTEM_READER), fails: ['identity.role.not-found'],
});

export const createImpliedRole = endpoint({
  route: 'PUT /roles/{prior_role_id}/implies/{implied_role_id}', summary: 'Let a role imply another', view: InferenceView, replies: 201,
  policy: adminRule('create_implied_role', 'Let a role imply another.'), fails: ['identity.role.not-found', 'identity.role.implication'],
});

export const deleteImpliedRole = endpoint({
  route: 'DELETE /roles/{prior_role_id}/implies/{implied_role_id}', summary: 'No longer let a role imply another', replies: 204,
  policy: adminRule('delete_implied_role', 'No longer let a role imply another.'), fails: ['identity.role.not-found'],
});

export const listRoleInferences = endpoint({
  route: 'GET /role_inferences', summary: 'List all implications of roles',
  view: T.Object({ role_inferences: T.Array(T.Object({ prior_role: BriefRole, implies: T.Array(BriefRole) })), links: T.Any() }), replies: 200,
  policy: adminRule('list_role_inference_rules', 'List all implications of roles.', ADMIN_OR_SYSTEM_READER),
});
