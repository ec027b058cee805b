import ipaddr from 'ipaddr.js';

export type IpVersion = 4 | 6;

/** An address as a number: arithmetic on addresses is arithmetic on these. */
export interface Ip {
  version: IpVersion;
  value: bigint;
}

/** A network of addresses: `first` is the network's own address. */
export interface Cidr {
  version: IpVersion;
  first: bigint;
  prefix: number;
}

/** A stretch of addresses of one version, both ends included. */
export interface IpRange {
  version: IpVersion;
  first: bigint;
  last: bigint;
}

export const bitsOf = (version: IpVersion): number => (version === 4 ? 32 : 128);

/** Reads an address; undefined for anything else, IPv4 in fewer than four parts and zone ids included. */
export function parseIp(text: string): Ip | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { version: 4, value: valueOf(ipaddr.IPv4.parse(text).toByteArray()) };
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return { version: 6, value: valueOf(ipaddr.IPv6.parse(text).toByteArray()) };
}

/** The address in its one canonical form (RFC 5952 for IPv6). */
export function formatIp({ version, value }: Ip): string {
  const bytes = Array.from({ length: bitsOf(version) / 8 }, (_, index) => Number((value >> BigInt(bitsOf(version) - 8 * (index + 1))) & 0xffn));
  return version === 4 ? bytes.join('.') : new ipaddr.IPv6(bytes).toRFC5952String();
}

/** The canonical form of an address given as text; undefined where it is none. */
export function canonicalIp(text: string): string | undefined {
  const ip = parseIp(text);
  return ip && formatIp(ip);
}

/** Reads `address/prefix`; `isLoose` accepts bits set beyond the prefix, and drops them. */
export function parseCidr(text: string, isLoose = false): Cidr | undefined {
  const match = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text);
  const ip = match?.[1] === undefined ? undefined : parseIp(match[1]);
  const prefix = Number(match?.[2]);
  if (ip === undefined || prefix > bitsOf(ip.version)) return undefined;
  const first = networkAddress(ip, prefix);
  if (first !== ip.value && !isLoose) return undefined;
  return { version: ip.version, first, prefix };
}

export function formatCidr({ version, first, prefix }: Cidr): string {
  return `${formatIp({ version, value: first })}/${prefix}`;
}

/** All addresses of a network, its own and the broadcast address included. */
export function rangeOf({ version, first, prefix }: Cidr): IpRange {
  return { version, first, last: first + (1n << BigInt(bitsOf(version) - prefix)) - 1n };
}

export function contains(range: IpRange, ip: Ip): boolean {
  return ip.version === range.version && ip.value >= range.first && ip.value <= range.last;
}

export function overlap(a: IpRange, b: IpRange): boolean {
  return a.version === b.version && a.first <= b.last && b.first <= a.last;
}

/** Whether every address of `inner` is one of `outer`. */
export function covers(outer: IpRange, inner: IpRange): boolean {
  return outer.version === inner.version && inner.first >= outer.first && inner.last <= outer.last;
}

function networkAddress({ version, value }: Ip, prefix: number): bigint {
  const hostBits = BigInt(bitsOf(version) - prefix);
  return (value >> hostBits) << hostBits;
}

function valueOf(bytes: readonly number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
