import ipaddr from 'ipaddr.js';

export const versionOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

/** A CIDR with its host bits cleared, since OVN rejects a match with more; a plain address as it is. */
export function networkOf(cidr: string): string {
  const [address, length] = cidr.split('/') as [string, string?];
  if (length === undefined) return ipaddr.parse(address).toString();
  const bytes = ipaddr.parse(address).toByteArray()
    .map((byte, index) => byte & (0xff00 >> Math.min(Math.max(Number(length) - index * 8, 0), 8)) & 0xff);
  return `${ipaddr.fromByteArray(bytes).toString()}/${length}`;
}

/** Whether a CIDR means every address. */
export const isEverything = (cidr: string): boolean => cidr.endsWith('/0');

/** The lowest usable address of a network. */
export function firstAddress(cidr: string): string {
  const bytes = ipaddr.parse(networkOf(cidr).split('/')[0] as string).toByteArray();
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1;
  return ipaddr.fromByteArray(bytes).toString();
}

/** The name under which DNS looks an address up: `12.0.10.10.in-addr.arpa`. */
export function reverseName(ip: string): string {
  const bytes = ipaddr.parse(ip).toByteArray();
  if (bytes.length === 4) return `${bytes.reverse().join('.')}.in-addr.arpa`;
  const nibbles = bytes.flatMap((byte) => [byte >> 4, byte & 15]).reverse();
  return `${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa`;
}

/** The address of `10.0.0.1/24`. */
export const hostOf = (addressWithPrefix: string): string => addressWithPrefix.split('/')[0] as string;
