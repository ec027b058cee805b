import { endpoint, Nullable, open, rule, T } from '@virga/contract';
import { Id, listOf, paging, shown, TimeText } from './elements.js';
import { ADMIN, ADMIN_OR_SYSTEM_READER, adminRule, SYSTEM_READER } from './rules.js';
import { Role } from './roles.contract.js';

export const Trust = open({
  ...shown, trustor_user_id: T.String(), trustee_user_id: T.String(), project_id: Nullable(T.String()), impersonation: T.Boolean(), expires_at: Nullable(T.String()),
  deleted_at: Nullable(T.String()), remaining_uses: Nullable(T.Integer()), redelegation_count: T.Integer(), redelegated_trust_id: T.Optional(Nullable(T.String())),
  roles: T.Optional(T.Array(T.Any())), roles_links: T.Optional(T.Any()),
});
const TrustView = T.Object({ trust: Trust });
const BY_TRUSTOR = 'user_id:%(target.trust.trustor_user_id)s';
const BY_TRUSTEE = 'user_id:%(target.trust.trustee_user_id)s';
const BY_EITHER = `(${ADMIN}) or (${SYSTEM_READER} or ${BY_TRUSTOR} or ${BY_TRUSTEE})`;

/** Consulted in place of `list_trusts` where only the trusts of one trustor are asked for. */
export const trustorTrustsRule = adminRule('list_trusts_for_trustor', 'List the trusts that a user gave.', `(${ADMIN}) or (${SYSTEM_READER} or ${BY_TRUSTOR})`);
/** The same for one trustee. */
export const trusteeTrustsRule = adminRule('list_trusts_for_trustee', 'List the trusts that a user got.', `(${ADMIN}) or (${SYSTEM_READER} or ${BY_TRUSTEE})`);

export const createTrust = endpoint({
  route: 'POST /OS-TRUST/trusts', summary: "Let another user act with some of one's roles on a project",
  body: open({
    trust: open({
      trustor_user_id: Id, trustee_user_id: Id, impersonation: T.Boolean(), project_id: T.Optional(Nullable(Id)), expires_at: T.Optional(Nullable(TimeText)),
      remaining_uses: T.Optional(Nullable(T.Integer({ minimum: 1, maximum: 2_147_483_647 }))), allow_redelegation: T.Optional(T.Boolean()),
      redelegation_count: T.Optional(Nullable(T.Integer({ minimum: 0, maximum: 100 }))),
      roles: T.Optional(T.Array(T.Object({ id: T.Optional(Id), name: T.Optional(T.String({ maxLength: 255 })) }), { maxItems: 256 })),
    }),
  }),
  view: TrustView, replies: 201,
  policy: rule('identity:create_trust', { check: BY_TRUSTOR, describe: 'Create a trust.' }), fails: ['identity.trust.roles', 'identity.trust.refused'], cli: { command: 'trust create' },
});
export const listTrusts = endpoint({
  route: 'GET /OS-TRUST/trusts', summary: 'List trusts',
  query: open({ ...paging, trustor_user_id: T.Optional(T.String()), trustee_user_id: T.Optional(T.String()) }), view: listOf('trusts', Trust), replies: 200,
  policy: adminRule('list_trusts', 'List all trusts.', ADMIN_OR_SYSTEM_READER),
  alsoConsults: [trustorTrustsRule, trusteeTrustsRule],
  cli: { command: 'trust list' },
});
export const showTrust = endpoint({
  route: 'GET /OS-TRUST/trusts/{trust_id}', summary: 'Show a trust', view: TrustView, replies: 200,
  policy: adminRule('get_trust', 'Show a trust.', BY_EITHER), fails: ['identity.trust.not-found'], cli: { command: 'trust show' },
});
export const deleteTrust = endpoint({
  route: 'DELETE /OS-TRUST/trusts/{trust_id}', summary: 'Delete a trust', replies: 204,
  policy: adminRule('delete_trust', 'Delete a trust.', `${ADMIN} or ${BY_TRUSTOR}`), fails: ['identity.trust.not-found'], cli: { command: 'trust delete' },
});
export const listTrustRoles = endpoint({
  route: 'GET /OS-TRUST/trusts/{trust_id}/roles', summary: 'List the roles that a trust passes on', view: T.Object({ roles: T.Array(Role), links: T.Any() }), replies: 200,
  policy: adminRule('list_roles_for_trust', 'List the roles of a trust.', BY_EITHER), fails: ['identity.trust.not-found'],
});
export const showTrustRole = endpoint({
  route: 'GET /OS-TRUST/trusts/{trust_id}/roles/{role_id}', summary: 'Show a role that a trust passes on', view: T.Object({ role: Role }), replies: 200,
  policy: adminRule('get_role_for_trust', 'Show a role of a trust.', BY_EITHER), fails: ['identity.trust.not-found', 'identity.role.not-found'],
});
