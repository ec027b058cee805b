import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { guestMetadata } from '@virga/contracts-compute';
import type { RequestFacts } from '@virga/contract';
import { isUuid } from '@virga/kernel';
import { SignatureWrong } from './guest.js';

const { METADATA_HEADERS: names } = guestMetadata;

/** Who asks, as its host says. */
export interface Asker {
  networkId: string;
  address: string;
}

/** The one whom the request's host vouches for: `HMAC-SHA256(secret, host \n network \n address)` in hex. Throws `SignatureWrong`. */
export function vouchedFor(headers: RequestFacts['headers'], secret: string): Asker {
  const [host, networkId, address, signature] = [names.host, names.network, names.address, names.signature].map((name) => text(headers[name]));
  if (host === undefined || networkId === undefined || address === undefined || signature === undefined) throw new SignatureWrong();
  const expected = createHmac('sha256', secret).update(`${host}\n${networkId}\n${address}`).digest();
  const given = Buffer.from(signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new SignatureWrong();
  if (!isUuid(networkId) || isIP(address) === 0) throw new SignatureWrong();
  return { networkId, address };
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
