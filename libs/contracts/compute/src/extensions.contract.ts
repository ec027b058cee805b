import { endpoint, T } from '@virga/contract';
import { ANYONE, computeRule } from './rules.js';

const Extension = T.Object({
  alias: T.String(), name: T.String(), description: T.String(), namespace: T.String(), updated: T.String(), links: T.Array(T.Unknown()),
});
const extensionsRule = computeRule('extensions', ANYONE, 'List extensions.');

export const listExtensions = endpoint({
  route: 'GET /extensions', summary: 'List the extensions of old that are part of the API now.', view: T.Object({ extensions: T.Array(Extension) }), replies: 200,
  policy: extensionsRule, cli: { command: 'extension list --compute' },
});
export const showExtension = endpoint({
  route: 'GET /extensions/{alias}', summary: 'Show one extension.', view: T.Object({ extension: Extension }), replies: 200, policy: extensionsRule,
  fails: ['compute.extension.unknown'],
});
