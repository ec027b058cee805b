import { Conflict, Invalid, NotFound } from '@virga/kernel';
import { bitsOf, covers, formatCidr, overlap, parseCidr, rangeOf, type Cidr } from '../addresses/index.js';
import { InvalidInput } from '../listing/index.js';
import type { Standard } from '../resources/index.js';

/** A subnet pool as read. */
export interface SubnetPool extends Standard {
  name: string;
  ip_version: number;
  prefixes: string[];
  default_prefixlen: number;
  min_prefixlen: number;
  max_prefixlen: number;
  default_quota: number | null;
  is_default: boolean;
  is_shared: boolean;
}

export class SubnetPoolNotFound extends NotFound {
  constructor(id: string) {
    super('network.subnetpool.not-found', `Subnet pool ${id} could not be found.`);
  }
}

export class SubnetPoolInUse extends Conflict {
  constructor(id: string) {
    super('network.subnetpool.in-use', `Unable to complete operation on subnet pool ${id}. There are one or more subnets that come from it.`);
  }
}

export class IllegalSubnetPoolPrefixUpdate extends Invalid {
  constructor(reason: string) {
    super('network.subnetpool.prefixes', `Illegal update to prefixes: ${reason}`);
  }
}

export class IllegalSubnetPoolPrefixBounds extends Invalid {
  constructor(name: string, length: number, other: string, bound: number) {
    super('network.subnetpool.bounds', `Illegal prefix bounds: ${name}=${length}, ${other}=${bound}.`);
  }
}

export class SubnetAllocationError extends Conflict {
  constructor(reason: string) {
    super('network.subnetpool.exhausted', `Failed to allocate subnet: ${reason}`);
  }
}

/** Reads prefixes: all of one version, none inside another. Throws `InvalidInput`. */
export function prefixesOf(texts: readonly string[]): Cidr[] {
  const cidrs = texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === undefined || cidr.prefix === 0) throw new InvalidInput(`Invalid input for prefixes. Reason: '${text}' is not a valid IP subnet.`);
    return cidr;
  });
  if (cidrs.some((cidr) => cidr.version !== cidrs[0]?.version)) throw new InvalidInput('Invalid input for prefixes. Reason: Prefixes of different IP versions.');
  // What is inside another prefix adds nothing.
  return cidrs.filter((cidr, index) => !cidrs.some((other, at) => at !== index && covers(rangeOf(other), rangeOf(cidr)) && (other.prefix < cidr.prefix || at < index)));
}

export interface Lengths {
  min_prefixlen: number;
  default_prefixlen: number;
  max_prefixlen: number;
}

/** Neutron's defaults for what is not said: the smallest prefix /8 (/64 for IPv6), the largest one address. Throws where they contradict each other. */
export function lengthsOf(asked: Partial<Lengths>, version: 4 | 6): Lengths {
  const min = asked.min_prefixlen ?? (version === 4 ? 8 : 64);
  const max = asked.max_prefixlen ?? bitsOf(version);
  const usual = asked.default_prefixlen ?? min;
  const outside = [min, max, usual].find((length) => length < 0 || length > bitsOf(version));
  if (outside !== undefined) throw new IllegalSubnetPoolPrefixBounds('prefixlen', outside, 'most', bitsOf(version));
  if (min > max) throw new IllegalSubnetPoolPrefixBounds('min_prefixlen', min, 'max_prefixlen', max);
  if (usual > max) throw new IllegalSubnetPoolPrefixBounds('default_prefixlen', usual, 'max_prefixlen', max);
  if (usual < min) throw new IllegalSubnetPoolPrefixBounds('min_prefixlen', min, 'default_prefixlen', usual);
  return { min_prefixlen: min, max_prefixlen: max, default_prefixlen: usual };
}

/** Throws unless everything that `before` covers stays covered. */
export function requireSuperset(before: readonly string[], after: readonly Cidr[]): void {
  const isCovered = (cidr: Cidr): boolean => after.some((other) => covers(rangeOf(other), rangeOf(cidr)));
  if (!before.every((text) => isCovered(parseCidr(text) as Cidr))) throw new IllegalSubnetPoolPrefixUpdate('Existing prefixes must be a subset of the new prefixes.');
}

/** The pool's prefixes without those given. Throws where one is not of the pool, or subnets were cut from it. */
export function withoutPrefixes(pool: readonly string[], removed: readonly Cidr[], subnets: readonly Cidr[]): string[] {
  for (const cidr of removed) {
    if (!pool.includes(formatCidr(cidr))) throw new IllegalSubnetPoolPrefixUpdate(`${formatCidr(cidr)} is not a prefix of the pool.`);
    if (subnets.some((subnet) => overlap(rangeOf(subnet), rangeOf(cidr)))) throw new IllegalSubnetPoolPrefixUpdate('One or more subnets come from the prefixes to be removed.');
  }
  const texts = new Set(removed.map(formatCidr));
  return pool.filter((prefix) => !texts.has(prefix));
}
