import { endpoint, T } from '@virga/contract';
import { volumeRule } from './rules.js';

const Extension = T.Object({ alias: T.String(), name: T.String(), description: T.String(), updated: T.String(), links: T.Array(T.Unknown()) });
const extensionsRule = volumeRule('x:extensions:list', '@', 'List extensions.');
export const listExtensions = endpoint({
  route: 'GET /extensions', summary: 'List the extensions of old that are part of the API now.', view: T.Object({ extensions: T.Array(Extension) }), replies: 200, policy: extensionsRule,
});
export const showExtension = endpoint({
  route: 'GET /extensions/{alias}', summary: 'Show one extension.', view: T.Object({ extension: Extension }), replies: 200, policy: extensionsRule,
  fails: ['block-storage.extension.unknown'],
});
