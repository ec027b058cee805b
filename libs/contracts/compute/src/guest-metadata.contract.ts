import { closed, endpoint, T } from '@virga/contract';

/**
 * What guests ask at 169.254.169.254. Every path is read as `GET /item?path=…`: a tree has no fixed depth. No token: a guest
 * is known by its network and address, for which its host signs.
 */
export const readItem = endpoint({
  route: 'GET /item', summary: 'Read a part of a guest\'s metadata.', query: closed({ path: T.String() }), view: T.Any(), replies: 200, policy: 'public',
  fails: ['metadata.signature', 'metadata.guest.unknown', 'metadata.path.unknown'],
});

/** Only the password can be written, once, by the guest that made it up, encrypted for its owner. */
export const writeItem = endpoint({
  route: 'POST /item', summary: 'Tell the guest\'s encrypted password.', query: closed({ path: T.String() }), streamsRequest: true, replies: 200, policy: 'public',
  fails: ['metadata.signature', 'metadata.guest.unknown', 'metadata.path.unknown', 'metadata.password.set', 'metadata.password.too-long'],
});

export { guestRequestSignature, hostMetadataKey, type GuestRequest } from './metadata-signature.js';

/** The headers in which a host says for whom it asks. */
export const METADATA_HEADERS = { network: 'x-virga-network-id', address: 'x-forwarded-for', host: 'x-virga-host', signature: 'x-virga-signature' } as const;

export const metadataEndpoints = { readItem, writeItem };
