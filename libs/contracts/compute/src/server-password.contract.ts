import { endpoint, T } from '@virga/contract';
import { computeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';

export const showServerPassword = endpoint({
  route: 'GET /servers/{server_id}/os-server-password', summary: 'Show the password that the guest told, encrypted with the server\'s key.',
  view: T.Object({ password: T.String() }), replies: 200,
  policy: computeRule('os-server-password:show', READER_OR_ADMIN, 'Show the encrypted administrative password of a server.'), fails: ['compute.server.unknown'],
});
export const clearServerPassword = endpoint({
  route: 'DELETE /servers/{server_id}/os-server-password', summary: 'Forget the password that the guest told.', replies: 204,
  policy: computeRule('os-server-password:clear', MEMBER_OR_ADMIN, 'Clear the encrypted administrative password of a server.'), fails: ['compute.server.unknown'],
});
