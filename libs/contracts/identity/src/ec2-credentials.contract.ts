import { endpoint, Nullable, open, T } from '@virga/contract';
import { Id, Links, listOf, paging } from './elements.js';
import { ADMIN, adminRule, readable } from './rules.js';

/** An access key: what a credential of the type `ec2` holds, without its envelope. `tenant_id` is its project. */
export const Ec2Credential = T.Object({ access: T.String(), secret: T.String(), user_id: T.String(), tenant_id: T.String(), trust_id: Nullable(T.String()), links: Links });
const Ec2CredentialView = T.Object({ credential: Ec2Credential });
const OWNER = 'user_id:%(target.credential.user_id)s';
const CHANGING = `(${ADMIN}) or (role:member and ${OWNER})`;

export const createEc2Credential = endpoint({
  route: 'POST /users/{user_id}/credentials/OS-EC2', summary: 'Make an access key for a user and a project', body: open({ tenant_id: Id }), view: Ec2CredentialView, replies: 201,
  policy: adminRule('ec2_create_credential', 'Make an access key.', CHANGING), fails: ['identity.user.not-found', 'identity.project.not-found', 'identity.credential.delegated'],
  cli: { command: 'ec2 credentials create', columns: ['access', 'project_id', 'secret', 'trust_id', 'user_id'] },
});
export const listEc2Credentials = endpoint({
  route: 'GET /users/{user_id}/credentials/OS-EC2', summary: "List a user's access keys", query: open(paging), view: listOf('credentials', Ec2Credential), replies: 200,
  policy: adminRule('ec2_list_credentials', 'List access keys.', readable('rule:owner')), fails: ['identity.user.not-found'],
  cli: { command: 'ec2 credentials list', columns: ['access', 'secret', 'project_id', 'user_id'] },
});
export const showEc2Credential = endpoint({
  route: 'GET /users/{user_id}/credentials/OS-EC2/{credential_id}', summary: 'Show an access key, by its public half', view: Ec2CredentialView, replies: 200,
  policy: adminRule('ec2_get_credential', 'Show an access key.', readable(OWNER)), fails: ['identity.credential.not-found'], cli: { command: 'ec2 credentials show' },
});
export const deleteEc2Credential = endpoint({
  route: 'DELETE /users/{user_id}/credentials/OS-EC2/{credential_id}', summary: 'Delete an access key, by its public half', replies: 204,
  policy: adminRule('ec2_delete_credential', 'Delete an access key.', CHANGING), fails: ['identity.credential.not-found'], cli: { command: 'ec2 credentials delete' },
});
