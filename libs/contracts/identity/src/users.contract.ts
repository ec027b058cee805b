import { endpoint, Nullable, open, T } from '@virga/contract';
import { Description, enabledFilter, Id, listOf, Name, nameFilter, paging, shown } from './elements.js';
import { ADMIN, anyScopeRule, readable } from './rules.js';

export const User = open({
  ...shown, name: T.String(), domain_id: T.String(), enabled: T.Boolean(), password_expires_at: Nullable(T.String()), options: T.Any(),
  default_project_id: T.Optional(Nullable(T.String())), description: T.Optional(Nullable(T.String())), email: T.Optional(Nullable(T.String())),
});
const UserView = T.Object({ user: User });

const Password = Nullable(T.String({ minLength: 1, maxLength: 4096 }));
const UserOptions = open({
  ignore_change_password_upon_first_use: T.Optional(Nullable(T.Boolean())), ignore_password_expiry: T.Optional(Nullable(T.Boolean())),
  ignore_lockout_failure_attempts: T.Optional(Nullable(T.Boolean())), lock_password: T.Optional(Nullable(T.Boolean())),
  ignore_user_inactivity: T.Optional(Nullable(T.Boolean())), multi_factor_auth_enabled: T.Optional(Nullable(T.Boolean())),
  multi_factor_auth_rules: T.Optional(Nullable(T.Array(T.Array(T.String())))),
});
const accepted = {
  default_project_id: T.Optional(Nullable(Id)), description: T.Optional(Description), email: T.Optional(Nullable(T.String({ maxLength: 1024 }))),
  enabled: T.Optional(T.Boolean()), password: T.Optional(Password), options: T.Optional(UserOptions), domain_id: T.Optional(Nullable(Id)),
};

const CHANGING = `(${ADMIN}) or (role:manager and token.domain.id:%(target.user.domain_id)s)`;

export const createUser = endpoint({
  route: 'POST /users', isShownAgain: true, summary: 'Create a user', body: open({ user: open({ name: Name, ...accepted }) }), view: UserView, replies: 201,
  policy: anyScopeRule('create_user', 'Create a user.', CHANGING), fails: ['identity.user.exists', 'identity.domain.not-found'], cli: { command: 'user create' },
});

export const listUsers = endpoint({
  route: 'GET /users', summary: 'List users', query: open({ ...paging, ...nameFilter, ...enabledFilter, domain_id: T.Optional(T.String()), password_expires_at: T.Optional(T.String()) }),
  view: listOf('users', User), replies: 200,
  policy: anyScopeRule('list_users', 'List users.', readable('(role:reader and domain_id:%(target.domain_id)s)')), cli: { command: 'user list', columns: ['id', 'name'] },
});

export const showUser = endpoint({
  route: 'GET /users/{user_id}', summary: 'Show a user', view: UserView, replies: 200,
  policy: anyScopeRule('get_user', 'Show a user.', readable('(role:reader and token.domain.id:%(target.user.domain_id)s) or user_id:%(target.user.id)s')),
  fails: ['identity.user.not-found'], cli: { command: 'user show' },
});

export const updateUser = endpoint({
  route: 'PATCH /users/{user_id}', summary: 'Change a user', body: open({ user: open({ name: T.Optional(Name), ...accepted }) }), view: UserView, replies: 200,
  policy: anyScopeRule('update_user', 'Change a user.', CHANGING), fails: ['identity.user.not-found', 'identity.user.exists'], cli: { command: 'user set' },
});

export const deleteUser = endpoint({
  route: 'DELETE /users/{user_id}', summary: 'Delete a user', replies: 204,
  policy: anyScopeRule('delete_user', 'Delete a user.', CHANGING), fails: ['identity.user.not-found'], cli: { command: 'user delete' },
});

/** Needs no token: the old password is the proof, and a user with an expired password cannot have one. */
export const changePassword = endpoint({
  route: 'POST /users/{user_id}/password', summary: "Change one's own password",
  body: open({ user: open({ original_password: T.String({ maxLength: 4096 }), password: T.String({ minLength: 1, maxLength: 4096 }) }) }), replies: 204,
  policy: 'public', fails: ['token.refused'], cli: { command: 'user password set' },
});
