import { closed, endpoint, field, open, T, versionNumber } from '@virga/contract';
import { paging } from './paging.js';
import { ADMIN, computeRule } from './rules.js';
import { Links } from './values.js';

/** Behaviour of the key pairs API that changes with the version and is no matter of shapes. */
export const keypairVersions = {
  /** Administrators may name another user. */
  otherUsers: versionNumber('2.10'),
  paging: versionNumber('2.35'),
} as const;

const OWNER_OR_ADMIN = `(${ADMIN}) or user_id:%(user_id)s`;
const keypairRule = (name: string, describe: string) => computeRule(`os-keypairs:${name}`, OWNER_OR_ADMIN, describe);

/** A public key that can be placed into servers. It belongs to a user, not to a project. */
const listed = {
  name: T.String(), public_key: T.String(), fingerprint: T.String(), type: field(T.String(), { since: '2.2' }),
};

const Shown = T.Object({
  ...listed,
  user_id: T.String(), id: T.Integer(), created_at: T.String(), updated_at: T.Null(), deleted: T.Boolean(), deleted_at: T.Null(),
});

const Created = T.Object({ ...listed, user_id: T.String(), private_key: field(T.Optional(T.String()), { until: '2.91' }) });

const PLAIN_NAME = '^(?! )[a-zA-Z0-9_ -]+(?<! )$';
const WIDER_NAME = '^(?! )[a-zA-Z0-9_@. -]+(?<! )$';
const Name = T.Union([
  field(T.String({ minLength: 1, maxLength: 255, pattern: PLAIN_NAME }), { until: '2.91' }),
  field(T.String({ minLength: 1, maxLength: 255, pattern: WIDER_NAME }), { since: '2.92' }),
]);

const ownerQuery = open({ user_id: field(T.Optional(T.String()), { since: '2.10' }) }, { 'x-closed-since': '2.75' });

export const listKeypairs = endpoint({
  route: 'GET /os-keypairs', summary: 'List a user\'s key pairs.',
  query: open({
    user_id: field(T.Optional(T.String()), { since: '2.10' }),
    limit: field(paging.limit, { since: '2.35' }), marker: field(paging.marker, { since: '2.35' }),
  }, { 'x-closed-since': '2.75' }),
  view: T.Object({ keypairs: T.Array(T.Object({ keypair: T.Object(listed) })), keypairs_links: field(T.Optional(Links), { since: '2.35' }) }), replies: 200,
  policy: keypairRule('index', 'List key pairs of a user.'), fails: ['request.marker.unknown'],
  cli: { command: 'keypair list', columns: ['name', 'fingerprint', 'type'] },
});
export const createKeypair = endpoint({
  route: 'POST /os-keypairs', summary: 'Import a public key, or (until 2.91) generate a key pair.',
  body: closed({
    keypair: closed({
      name: Name,
      public_key: field(T.Optional(T.String({ maxLength: 65_535 })), { requiredSince: '2.92' }),
      type: field(T.Optional(T.Enum(['ssh', 'x509'])), { since: '2.2' }),
      user_id: field(T.Optional(T.String({ minLength: 1, maxLength: 255 })), { since: '2.10' }),
    }),
  }),
  view: T.Object({ keypair: Created }), replies: { 200: { until: '2.1' }, 201: { since: '2.2' } },
  policy: keypairRule('create', 'Create a key pair for a user.'), charges: { key_pairs: 1 },
  fails: ['compute.keypair.exists', 'compute.keypair.malformed', 'quota.exceeded'],
  cli: { command: 'keypair create', columns: ['name', 'type', 'fingerprint'] },
});
export const showKeypair = endpoint({
  route: 'GET /os-keypairs/{keypair_name}', summary: 'Show a key pair.', query: ownerQuery, view: T.Object({ keypair: Shown }), replies: 200,
  policy: keypairRule('show', 'Show details of a key pair.'), fails: ['compute.keypair.unknown'], cli: { command: 'keypair show' },
});
export const deleteKeypair = endpoint({
  route: 'DELETE /os-keypairs/{keypair_name}', summary: 'Delete a key pair; servers made with it keep the key.', query: ownerQuery,
  replies: { 202: { until: '2.1' }, 204: { since: '2.2' } },
  policy: keypairRule('delete', 'Delete a key pair.'), fails: ['compute.keypair.unknown'], cli: { command: 'keypair delete' },
});
