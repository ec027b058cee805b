import { randomBytes } from 'node:crypto';
import type { Cidr } from './ip.js';

/** A random MAC address with OpenStack's prefix (Neutron's `base_mac`). */
export function newMac(): string {
  return ['fa', '16', '3e', ...[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

/** The MAC address in lower case with colons; undefined for anything else, multicast addresses included. */
export function canonicalMac(text: string): string | undefined {
  const digits = /^([0-9a-f]{2}[:-]?){5}[0-9a-f]{2}$/i.test(text) ? text.replaceAll(/[:-]/g, '').toLowerCase() : undefined;
  if (digits === undefined || /^0{12}$/.test(digits) || (Number.parseInt(digits.slice(0, 2), 16) & 1) === 1) return undefined;
  return (digits.match(/../g) ?? []).join(':');
}

/** The address that a host with this MAC gives itself in an IPv6 /64 (RFC 4291, modified EUI-64). */
export function eui64(cidr: Cidr, mac: string): bigint {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const bytes = [a ^ 2, b, c, 0xff, 0xfe, d, e, f];
  return cidr.first + bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
