import { endpoint, open, T } from '@virga/contract';
import { listOf, paging, shown } from './elements.js';
import { ADMIN_OR_SYSTEM_READER, adminRule } from './rules.js';

/** A document that the identity service keeps for others; nothing here evaluates it. */
export const PolicyDocument = open({ ...shown, blob: T.Any(), type: T.String() });
const PolicyView = T.Object({ policy: PolicyDocument });
const Type = T.String({ maxLength: 255 });

export const createPolicy = endpoint({
  route: 'POST /policies', isShownAgain: true, summary: 'Create a policy document', body: open({ policy: open({ blob: T.Any(), type: Type }) }), view: PolicyView, replies: 201,
  policy: adminRule('create_policy', 'Create a policy document.'), cli: { command: 'policy create' },
});
export const listPolicies = endpoint({
  route: 'GET /policies', summary: 'List policy documents', query: open({ ...paging, type: T.Optional(T.String()) }), view: listOf('policies', PolicyDocument), replies: 200,
  policy: adminRule('list_policies', 'List policy documents.', ADMIN_OR_SYSTEM_READER), cli: { command: 'policy list', columns: ['id', 'type'] },
});
export const showPolicy = endpoint({
  route: 'GET /policies/{policy_id}', summary: 'Show a policy document', view: PolicyView, replies: 200,
  policy: adminRule('get_policy', 'Show a policy document.', ADMIN_OR_SYSTEM_READER), fails: ['identity.policy.not-found'], cli: { command: 'policy show' },
});
export const updatePolicy = endpoint({
  route: 'PATCH /policies/{policy_id}', summary: 'Change a policy document', body: open({ policy: open({ blob: T.Optional(T.Any()), type: T.Optional(Type) }) }), view: PolicyView, replies: 200,
  policy: adminRule('update_policy', 'Change a policy document.'), fails: ['identity.policy.not-found'], cli: { command: 'policy set' },
});
export const deletePolicy = endpoint({
  route: 'DELETE /policies/{policy_id}', summary: 'Delete a policy document', replies: 204,
  policy: adminRule('delete_policy', 'Delete a policy document.'), fails: ['identity.policy.not-found'], cli: { command: 'policy delete' },
});
