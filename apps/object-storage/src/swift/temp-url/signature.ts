import { createHmac } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { matchesAny } from './digest.js';
import type { TempUrl } from './parameters.js';

/** Whose key signed: an account's key opens what the URL names in any container, a container's only there. */
export interface ScopedKey {
  scope: 'account' | 'container';
  key: string;
}

export interface SignedPath {
  account: string;
  container: string;
  object: string;
}

/** A URL made for one of these methods also serves HEAD. */
const METHODS_THAT_GIVE_HEAD = ['HEAD', 'GET', 'POST', 'PUT'];

/** The scope of the key that signed the URL for this method and path, or undefined where none did. */
export function signedBy(url: TempUrl, method: string, path: SignedPath, keys: readonly ScopedKey[]): ScopedKey['scope'] | undefined {
  const start = `/v1/${path.account}/${path.container}/`;
  const signedPath = url.prefix === undefined ? `${start}${path.object}` : `prefix:${start}${url.prefix}`;
  const methods = method === 'HEAD' ? METHODS_THAT_GIVE_HEAD : [method];
  const candidates = methods.flatMap((signedMethod) => keys.map((key) => ({ ...key, signedMethod })));
  const computed = candidates.map(({ key, signedMethod }) => {
    // The range comes first: a path may hold line ends, a range may not.
    const lines = [...(url.ipRange === undefined ? [] : [`ip=${url.ipRange}`]), signedMethod, String(url.expires), signedPath];
    return createHmac(url.signature.digest, key).update(lines.join('\n')).digest();
  });
  return candidates[matchesAny(url.signature, computed)]?.scope;
}

/** Whether an address is in `range`: an address alone, or a network in CIDR notation without host bits. */
export function isInRange(address: string, range: string): boolean {
  try {
    const client = ipaddr.process(address);
    const [network, bits] = range.includes('/') ? ipaddr.parseCIDR(range) : wholeAddress(range);
    return client.kind() === network.kind() && client.match(network, bits) && hasNoHostBits(network, bits);
  } catch {
    return false;
  }
}

function wholeAddress(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function hasNoHostBits(network: ipaddr.IPv4 | ipaddr.IPv6, bits: number): boolean {
  return network.toByteArray().every((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    return (byte & (0xff >> kept)) === 0;
  });
}
