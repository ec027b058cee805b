import {
  canonicalIp, contains, covers, defaultGateway, defaultPools, formatCidr, formatIp, hostRange, overlap, parseCidr, parseIp, rangeOf,
  type Cidr, type Ip, type IpRange,
} from '../addresses/index.js';
import { InvalidInput } from '../listing/index.js';
import {
  BadRequest, GatewayConflictWithAllocationPools, InvalidAllocationPool, OutOfBoundsAllocationPool, OverlappingAllocationPools, type HostRoute, type Pool,
} from './subnet.js';

/** Reads a subnet's CIDR. Throws `InvalidInput` for what no subnet can be. */
export function subnetCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) {
    const loose = parseCidr(text, true);
    const advice = loose === undefined ? '' : `, '${formatCidr(loose)}' is recommended`;
    throw new InvalidInput(`Invalid input for cidr. Reason: '${text}' isn't a recognized IP subnet cidr${advice}.`);
  }
  const reason = uselessness(cidr);
  if (reason !== undefined) throw new InvalidInput(`Invalid input for operation: ${reason}.`);
  return cidr;
}

const range = (text: string): IpRange => rangeOf(parseCidr(text) as Cidr);
const MULTICAST = [range('224.0.0.0/4'), range('ff00::/8')];
const LOOPBACK = [range('127.0.0.0/8'), range('::1/128')];
const UNSPECIFIED = [range('0.0.0.0/8'), range('::/128')];

function uselessness(cidr: Cidr): string | undefined {
  if (cidr.prefix === 0) return '0 is not allowed as CIDR prefix length';
  const whole = rangeOf(cidr);
  if (MULTICAST.some((other) => overlap(other, whole))) return 'Multicast IP subnet is not supported';
  if (LOOPBACK.some((other) => overlap(other, whole))) return 'Loopback IP subnet is not supported';
  return UNSPECIFIED.some((other) => overlap(other, whole)) ? `First IP '${formatIp({ ...cidr, value: cidr.first })}' of network is not supported` : undefined;
}

/** The gateway that a request asks for: `undefined` leaves the choice to us, `null` wants none. */
export function gatewayOf(asked: string | null | undefined, cidr: Cidr): Ip | undefined {
  if (asked === null) return undefined;
  if (asked === undefined || asked === '') return defaultGateway(cidr);
  const ip = parseIp(asked);
  if (ip === undefined) throw new InvalidInput(`Invalid input for gateway_ip. Reason: '${asked}' is not a valid IP address.`);
  requireVersion('gateway_ip', asked, ip.version, cidr.version);
  const hosts = hostRange(cidr);
  const isReserved = contains(rangeOf(cidr), ip) && hosts !== undefined && !contains(hosts, ip);
  // Neutron lets an IPv6 router have the subnet-router anycast address.
  if (isReserved && cidr.version === 4) throw new InvalidInput('Invalid input for operation: Gateway is not valid on subnet.');
  return ip;
}

/** The pools that a request asks for, or those that follow from the gateway; sorted. Throws what Neutron throws. */
export function poolsOf(asked: readonly Pool[] | undefined, cidr: Cidr, gateway: Ip | undefined): IpRange[] {
  if (asked === undefined) return defaultPools(cidr, gateway);
  const pools = asked.map((pool) => poolRange(pool, cidr)).sort((a, b) => (a.first < b.first ? -1 : 1));
  for (const [index, pool] of pools.entries()) {
    const before = pools[index - 1];
    if (before !== undefined && overlap(before, pool)) throw new OverlappingAllocationPools(poolText(before), poolText(pool), formatCidr(cidr));
  }
  requireGatewayOutside(pools, gateway);
  return pools;
}

export function requireGatewayOutside(pools: readonly IpRange[], gateway: Ip | undefined): void {
  const pool = gateway === undefined ? undefined : pools.find((candidate) => contains(candidate, gateway));
  if (pool !== undefined && gateway !== undefined) throw new GatewayConflictWithAllocationPools(poolText(pool), formatIp(gateway));
}

function poolRange({ start, end }: Pool, cidr: Cidr): IpRange {
  const [first, last] = [parseIp(start), parseIp(end)];
  const text = `${start}-${end}`;
  if (first === undefined || last === undefined || first.version !== last.version) throw new InvalidAllocationPool(text);
  if (first.value > last.value || first.version !== cidr.version) throw new InvalidAllocationPool(text);
  const pool = { version: first.version, first: first.value, last: last.value };
  if (!covers(hostRange(cidr) ?? rangeOf(cidr), pool)) throw new OutOfBoundsAllocationPool(text, formatCidr(cidr));
  return pool;
}

export function poolText(pool: IpRange): string {
  return `${formatIp({ version: pool.version, value: pool.first })}-${formatIp({ version: pool.version, value: pool.last })}`;
}

/** DNS servers in canonical form. Throws `InvalidInput` for what is no address, or is there twice. */
export function nameserversOf(asked: readonly string[] | null | undefined): string[] {
  const servers = (asked ?? []).map((text) => {
    const ip = canonicalIp(text);
    if (ip === undefined) throw new InvalidInput(`Invalid input for dns_nameservers. Reason: '${text}' is not a valid nameserver.`);
    return ip;
  });
  if (new Set(servers).size < servers.length) throw new InvalidInput('Invalid input for dns_nameservers. Reason: Duplicate nameserver.');
  return servers;
}

/** Routes in canonical form, all of the version. Throws `InvalidInput`. */
export function hostRoutesOf(asked: readonly HostRoute[] | null | undefined, version: 4 | 6): HostRoute[] {
  const routes = (asked ?? []).map(({ destination, nexthop }) => {
    const cidr = parseCidr(destination);
    const ip = parseIp(nexthop);
    if (cidr === undefined || ip === undefined) throw new InvalidInput(`Invalid input for host_routes. Reason: '${destination} via ${nexthop}' is not a valid route.`);
    requireVersion('host_routes', destination, cidr.version, version);
    requireVersion('host_routes', nexthop, ip.version, version);
    return { destination: formatCidr(cidr), nexthop: formatIp(ip) };
  });
  const keys = new Set(routes.map(({ destination, nexthop }) => `${destination} ${nexthop}`));
  if (keys.size < routes.length) throw new InvalidInput('Invalid input for host_routes. Reason: Duplicate hostroute.');
  return routes;
}

export interface Ipv6Modes {
  ra: string | undefined;
  address: string | undefined;
}

/** Throws `InvalidInput` where the modes contradict each other, the subnet's version, its DHCP or its size. */
export function requireModes({ ra, address }: Ipv6Modes, subnet: { cidr: Cidr; isDhcpEnabled: boolean }): void {
  const mode = ra ?? address;
  if (mode === undefined) return;
  if (subnet.cidr.version === 4) throw new InvalidInput('Invalid input for operation: ipv6_ra_mode and ipv6_address_mode are not valid when ip_version is 4.');
  if (!subnet.isDhcpEnabled) throw new InvalidInput('Invalid input for operation: ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False.');
  if (ra !== undefined && address !== undefined && ra !== address) {
    throw new InvalidInput(`Invalid input for operation: ipv6_ra_mode set to '${ra}' with ipv6_address_mode set to '${address}' is not valid.`);
  }
  if (mode !== 'dhcpv6-stateful' && subnet.cidr.prefix !== 64) {
    throw new InvalidInput(`Invalid input for operation: Invalid CIDR ${formatCidr(subnet.cidr)} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64.`);
  }
}

export function requireVersion(name: string, text: string, found: number, wanted: number): void {
  if (found !== wanted) throw new InvalidInput(`Invalid input for operation: ${name} '${text}' does not match the ip_version '${wanted}'.`);
}

/** The version that a request names, or that follows from its CIDR. Throws `BadRequest` where nothing says. */
export function versionOf(asked: number | string | undefined, cidr: Cidr | undefined): 4 | 6 {
  const version = asked === undefined ? cidr?.version : Number(asked);
  if (version === undefined) throw new BadRequest('ip_version must be specified in the absence of cidr and subnetpool_id.');
  if (version !== 4 && version !== 6) throw new InvalidInput(`Invalid input for ip_version. Reason: '${version}' is not in [4, 6].`);
  if (cidr !== undefined) requireVersion('cidr', formatCidr(cidr), cidr.version, version);
  return version;
}
