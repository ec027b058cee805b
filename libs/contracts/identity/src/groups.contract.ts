import { endpoint, open, T } from '@virga/contract';
import { Description, Id, listOf, Name, nameFilter, paging, shown } from './elements.js';
import { ADMIN, anyScopeRule, readable } from './rules.js';
import { User } from './users.contract.js';

export const Group = open({ ...shown, name: T.String(), domain_id: T.String(), description: T.String() });
const GroupView = T.Object({ group: Group });

const CHANGING = `(${ADMIN}) or (role:manager and domain_id:%(target.group.domain_id)s)`;
const READING = readable('(role:reader and domain_id:%(target.group.domain_id)s)');
const CHANGING_MEMBERS = `(${ADMIN}) or (role:manager and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)`;

export const createGroup = endpoint({
  route: 'POST /groups', isShownAgain: true, summary: 'Create a group', body: open({ group: open({ name: Name, description: T.Optional(Description), domain_id: T.Optional(Id) }) }), view: GroupView, replies: 201,
  policy: anyScopeRule('create_group', 'Create a group.', CHANGING), fails: ['identity.group.exists', 'identity.domain.not-found'], cli: { command: 'group create' },
});

export const listGroups = endpoint({
  route: 'GET /groups', summary: 'List groups', query: open({ ...paging, ...nameFilter, domain_id: T.Optional(T.String()) }), view: listOf('groups', Group), replies: 200,
  policy: anyScopeRule('list_groups', 'List groups.', READING), cli: { command: 'group list', columns: ['id', 'name'] },
});

export const showGroup = endpoint({
  route: 'GET /groups/{group_id}', summary: 'Show a group', view: GroupView, replies: 200,
  policy: anyScopeRule('get_group', 'Show a group.', READING), fails: ['identity.group.not-found'], cli: { command: 'group show' },
});

export const updateGroup = endpoint({
  route: 'PATCH /groups/{group_id}', summary: 'Change a group',
  body: open({ group: open({ name: T.Optional(Name), description: T.Optional(Description), domain_id: T.Optional(Id) }) }), view: GroupView, replies: 200,
  policy: anyScopeRule('update_group', 'Change a group.', CHANGING), fails: ['identity.group.not-found', 'identity.group.exists'], cli: { command: 'group set' },
});

export const deleteGroup = endpoint({
  route: 'DELETE /groups/{group_id}', summary: 'Delete a group', replies: 204,
  policy: anyScopeRule('delete_group', 'Delete a group.', CHANGING), fails: ['identity.group.not-found'], cli: { command: 'group delete' },
});

export const listGroupUsers = endpoint({
  route: 'GET /groups/{group_id}/users', summary: 'List the users of a group', query: open({ ...paging, ...nameFilter, password_expires_at: T.Optional(T.String()) }),
  view: listOf('users', User), replies: 200,
  policy: anyScopeRule('list_users_in_group', 'List the users of a group.', READING), fails: ['identity.group.not-found'],
});

export const listUserGroups = endpoint({
  route: 'GET /users/{user_id}/groups', summary: 'List the groups of a user', query: open({ ...paging, ...nameFilter }), view: listOf('groups', Group), replies: 200,
  policy: anyScopeRule('list_groups_for_user', 'List the groups of a user.', readable('(role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(user_id)s')),
  fails: ['identity.user.not-found'],
});

export const addGroupUser = endpoint({
  route: 'PUT /groups/{group_id}/users/{user_id}', summary: 'Add a user to a group', replies: 204,
  policy: anyScopeRule('add_user_to_group', 'Add a user to a group.', CHANGING_MEMBERS), fails: ['identity.group.not-found', 'identity.user.not-found'], cli: { command: 'group add user' },
});

export const checkGroupUser = endpoint({
  route: 'GET /groups/{group_id}/users/{user_id}', summary: 'Check whether a user belongs to a group', replies: 204,
  policy: anyScopeRule('check_user_in_group', 'Check whether a user belongs to a group.', readable('(role:reader and domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s)')),
  fails: ['identity.group.not-found', 'identity.user.not-found'], cli: { command: 'group contains user' },
});

export const removeGroupUser = endpoint({
  route: 'DELETE /groups/{group_id}/users/{user_id}', summary: 'Remove a user from a group', replies: 204,
  policy: anyScopeRule('remove_user_from_group', 'Remove a user from a group.', CHANGING_MEMBERS), fails: ['identity.group.not-found', 'identity.user.not-found'], cli: { command: 'group remove user' },
});
