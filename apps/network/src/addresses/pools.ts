import { bitsOf, rangeOf, type Cidr, type Ip, type IpRange } from './ip.js';

/** The addresses that hosts of a network may have: without network and broadcast address (IPv4) or the subnet-router anycast one (IPv6). */
export function hostRange(cidr: Cidr): IpRange | undefined {
  const { version, first, last } = rangeOf(cidr);
  const hostBits = bitsOf(version) - cidr.prefix;
  // RFC 3021 and RFC 6164: a network of one or two addresses has no others to lose.
  if (hostBits <= 1) return { version, first, last };
  return version === 4 ? { version, first: first + 1n, last: last - 1n } : { version, first: first + 1n, last };
}

/** The first host address: what a subnet's gateway is where nobody says otherwise. */
export function defaultGateway(cidr: Cidr): Ip {
  const range = hostRange(cidr) ?? rangeOf(cidr);
  return { version: cidr.version, value: range.first };
}

/** The pools of a subnet that was given none: every host address but the gateway. */
export function defaultPools(cidr: Cidr, gateway: Ip | undefined): IpRange[] {
  const hosts = hostRange(cidr);
  if (hosts === undefined) return [];
  if (gateway === undefined || gateway.value < hosts.first || gateway.value > hosts.last) return [hosts];
  return [
    { ...hosts, last: gateway.value - 1n },
    { ...hosts, first: gateway.value + 1n },
  ].filter(({ first, last }) => first <= last);
}

const MOST = (1n << 53n) - 1n;

/** How many addresses a range has, at most 2^53 - 1. */
export function sizeOf({ first, last }: IpRange): number {
  const size = last - first + 1n;
  return Number(size > MOST ? MOST : size);
}

/** The first network of `prefix` bits inside one of `outer` that overlaps none of `taken`; both are of one version. */
export function firstFreeCidr(outer: readonly Cidr[], taken: readonly Cidr[], prefix: number): Cidr | undefined {
  const busy = taken.map(rangeOf).sort((a, b) => (a.first < b.first ? -1 : 1));
  for (const pool of outer) {
    if (prefix < pool.prefix) continue;
    const step = 1n << BigInt(bitsOf(pool.version) - prefix);
    const { last } = rangeOf(pool);
    let first = pool.first;
    for (const range of busy) {
      if (range.last < first) continue;
      if (range.first > first + step - 1n) break;
      first = ((range.last / step) + 1n) * step;
    }
    if (first + step - 1n <= last) return { version: pool.version, first, prefix };
  }
  return undefined;
}
