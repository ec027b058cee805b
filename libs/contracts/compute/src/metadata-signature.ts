import { createHmac } from 'node:crypto';

/** For whom a host asks, in whose name. */
export interface GuestRequest {
  host: string;
  networkId: string;
  address: string;
}

/**
 * The key that one host signs its guests' metadata requests with, 64 hexadecimal digits: derived from the installation's
 * metadata secret, which no host gets. A host that is taken over can sign in its own name and in no other's.
 */
export function hostMetadataKey(secret: string, host: string): string {
  return createHmac('sha256', secret).update(`virga metadata host\n${host}`).digest('hex');
}

/** The signature, in hexadecimal digits, of a guest's metadata request with its host's key. */
export function guestRequestSignature(key: string, { host, networkId, address }: GuestRequest): string {
  return createHmac('sha256', key).update(`${host}\n${networkId}\n${address}`).digest('hex');
}
