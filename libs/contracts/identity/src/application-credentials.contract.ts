import { endpoint, Nullable, open, rule, T } from '@virga/contract';
import { Description, Id, listOf, Name, nameFilter, paging, shown, TimeText } from './elements.js';
import { ADMIN, adminRule, SYSTEM_READER } from './rules.js';

const RoleReference = T.Object({ id: T.Optional(Id), name: T.Optional(T.String({ maxLength: 255 })) });
const AccessRuleRequest = T.Object({
  id: T.Optional(Id), service: T.Optional(T.String({ minLength: 1, maxLength: 255 })), path: T.Optional(T.String({ minLength: 1, maxLength: 255 })),
  method: T.Optional(T.Enum(['POST', 'GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'])),
});

export const ApplicationCredential = open({
  ...shown, name: T.String(), description: Nullable(T.String()), project_id: T.String(), user_id: T.String(), roles: T.Array(T.Any()), unrestricted: T.Boolean(),
  expires_at: Nullable(T.String()), secret: T.Optional(T.String()), access_rules: T.Optional(T.Array(T.Any())), system: T.Optional(T.Any()),
});
const ApplicationCredentialView = T.Object({ application_credential: ApplicationCredential });
const READING = `(${ADMIN}) or (${SYSTEM_READER}) or rule:owner`;

export const createApplicationCredential = endpoint({
  route: 'POST /users/{user_id}/application_credentials', summary: 'Create an application credential for the project of the token',
  body: open({
    application_credential: open({
      name: Name, description: T.Optional(Description), secret: T.Optional(Nullable(T.String({ minLength: 1, maxLength: 4096 }))), expires_at: T.Optional(Nullable(TimeText)),
      roles: T.Optional(T.Array(RoleReference, { maxItems: 256 })), unrestricted: T.Optional(Nullable(T.Boolean())), access_rules: T.Optional(T.Array(AccessRuleRequest, { maxItems: 256 })),
    }),
  }),
  view: ApplicationCredentialView, replies: 201,
  policy: rule('identity:create_application_credential', { check: 'user_id:%(user_id)s', describe: 'Create an application credential.' }),
  fails: ['identity.application-credential.exists', 'identity.application-credential.roles', 'identity.application-credential.restricted'], cli: { command: 'application credential create' },
});
export const listApplicationCredentials = endpoint({
  route: 'GET /users/{user_id}/application_credentials', summary: "List a user's application credentials", query: open({ ...paging, ...nameFilter }),
  view: listOf('application_credentials', ApplicationCredential), replies: 200,
  policy: adminRule('list_application_credentials', "List a user's application credentials.", READING), cli: { command: 'application credential list' },
});
export const showApplicationCredential = endpoint({
  route: 'GET /users/{user_id}/application_credentials/{application_credential_id}', summary: 'Show an application credential', view: ApplicationCredentialView, replies: 200,
  policy: adminRule('get_application_credential', 'Show an application credential.', READING), fails: ['identity.application-credential.not-found'], cli: { command: 'application credential show' },
});
export const deleteApplicationCredential = endpoint({
  route: 'DELETE /users/{user_id}/application_credentials/{application_credential_id}', summary: 'Delete an application credential', replies: 204,
  policy: adminRule('delete_application_credential', 'Delete an application credential.', 'rule:admin_or_owner'),
  fails: ['identity.application-credential.not-found', 'identity.application-credential.restricted'], cli: { command: 'application credential delete' },
});

export const AccessRule = open({ ...shown, service: T.String(), path: T.String(), method: T.String() });
const RULE_READING = `(${SYSTEM_READER}) or user_id:%(target.user.id)s`;

export const listAccessRules = endpoint({
  route: 'GET /users/{user_id}/access_rules', summary: "List a user's access rules", query: open(paging), view: listOf('access_rules', AccessRule), replies: 200,
  policy: adminRule('list_access_rules', "List a user's access rules.", RULE_READING), cli: { command: 'access rule list' },
});
export const showAccessRule = endpoint({
  route: 'GET /users/{user_id}/access_rules/{access_rule_id}', summary: 'Show an access rule', view: T.Object({ access_rule: AccessRule }), replies: 200,
  policy: adminRule('get_access_rule', 'Show an access rule.', RULE_READING), fails: ['identity.access-rule.not-found'], cli: { command: 'access rule show' },
});
export const deleteAccessRule = endpoint({
  route: 'DELETE /users/{user_id}/access_rules/{access_rule_id}', summary: 'Delete an access rule that no application credential uses', replies: 204,
  policy: adminRule('delete_access_rule', 'Delete an access rule.', '(role:admin and system_scope:all) or user_id:%(target.user.id)s'),
  fails: ['identity.access-rule.not-found', 'identity.access-rule.in-use'], cli: { command: 'access rule delete' },
});
