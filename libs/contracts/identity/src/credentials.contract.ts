import { endpoint, Nullable, open, T } from '@virga/contract';
import { Id, listOf, paging, shown } from './elements.js';
import { ADMIN, anyScopeRule, readable } from './rules.js';

export const Credential = open({ ...shown, blob: T.String(), type: T.String(), user_id: T.String(), project_id: Nullable(T.String()) });
const CredentialView = T.Object({ credential: Credential });
const OWNER = 'user_id:%(target.credential.user_id)s';
const CHANGING = `(${ADMIN}) or ${OWNER}`;
const Type = T.String({ minLength: 1, maxLength: 255 });
const Blob = T.String({ maxLength: 65_535 });

export const createCredential = endpoint({
  route: 'POST /credentials', isShownAgain: true, summary: 'Keep a credential',
  body: open({ credential: open({ blob: Blob, type: Type, user_id: Id, project_id: T.Optional(Nullable(Id)) }) }), view: CredentialView, replies: 201,
  policy: anyScopeRule('create_credential', 'Keep a credential.', CHANGING), fails: ['identity.credential.exists', 'identity.credential.project'], cli: { command: 'credential create' },
});
export const listCredentials = endpoint({
  route: 'GET /credentials', summary: 'List credentials', query: open({ ...paging, user_id: T.Optional(T.String()), type: T.Optional(T.String()) }), view: listOf('credentials', Credential), replies: 200,
  policy: anyScopeRule('list_credentials', 'List credentials.', readable(OWNER)), cli: { command: 'credential list', columns: ['id', 'type', 'user_id', 'data', 'project_id'] },
});
export const showCredential = endpoint({
  route: 'GET /credentials/{credential_id}', summary: 'Show a credential', view: CredentialView, replies: 200,
  policy: anyScopeRule('get_credential', 'Show a credential.', readable(OWNER)), fails: ['identity.credential.not-found'], cli: { command: 'credential show' },
});
export const updateCredential = endpoint({
  route: 'PATCH /credentials/{credential_id}', summary: 'Change a credential',
  body: open({ credential: open({ blob: T.Optional(Blob), type: T.Optional(Type), user_id: T.Optional(Id), project_id: T.Optional(Nullable(Id)) }) }), view: CredentialView, replies: 200,
  policy: anyScopeRule('update_credential', 'Change a credential.', CHANGING), fails: ['identity.credential.not-found', 'identity.credential.project'], cli: { command: 'credential set' },
});
export const deleteCredential = endpoint({
  route: 'DELETE /credentials/{credential_id}', summary: 'Delete a credential', replies: 204,
  policy: anyScopeRule('delete_credential', 'Delete a credential.', CHANGING), fails: ['identity.credential.not-found'], cli: { command: 'credential delete' },
});
