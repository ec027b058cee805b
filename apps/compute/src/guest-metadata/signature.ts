import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { guestMetadata } from '@virga/contracts-compute';
import type { RequestFacts } from '@virga/contract';
import { isUuid } from '@virga/kernel';
import { SignatureWrong } from './guest.js';

const { METADATA_HEADERS: names, guestRequestSignature, hostMetadataKey } = guestMetadata;

/** The guest whom the request's host vouches for, with that host's own key. Throws `SignatureWrong`. */
export function vouchedFor(headers: RequestFacts['headers'], secret: string): guestMetadata.GuestRequest {
  const [host, networkId, address, signature] = [names.host, names.network, names.address, names.signature].map((name) => text(headers[name]));
  if (host === undefined || networkId === undefined || address === undefined || signature === undefined) throw new SignatureWrong();
  const expected = Buffer.from(guestRequestSignature(hostMetadataKey(secret, host), { host, networkId, address }), 'hex');
  const given = Buffer.from(signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new SignatureWrong();
  if (!isUuid(networkId) || isIP(address) === 0) throw new SignatureWrong();
  return { host, networkId, address };
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
