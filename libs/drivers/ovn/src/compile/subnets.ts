import { seconds } from '@virga/kernel';
import type { SubnetSpec } from '@virga/ports';
import { firstAddress, networkOf, versionOf } from './addresses.js';
import { anchorMarks, MARK, type Marks } from './marks.js';
import { dhcpServerMac, rowUuid } from './names.js';
import { row, type Unit } from './unit.js';

/** Guests ask for metadata at this address; a route in their lease leads there. */
const METADATA_ADDRESS = '169.254.169.254/32';
/**
 * How long a lease lasts. Too low: every guest asks its host's ovn-controller often. Too high: a changed DNS server or route
 * reaches running guests late. OpenStack's default is a day, OVN's driver there uses half.
 */
const LEASE_TIME = seconds(43_200);

/** What a port has to know of a subnet; read from its compiled row, so that it is the same whether given or there already. */
export interface SubnetContext {
  uuid: string;
  ipVersion: 4 | 6;
  cidr: string;
  /** Whether ports are answered by DHCP with these options. */
  isServed: boolean;
  options: ReadonlyMap<string, string>;
  domain: string;
}

/**
 * A subnet is one row of DHCP options, to which its ports point. It exists without DHCP too, then empty and unused: it
 * carries the revision and what ports need to know.
 */
export function compileSubnet(subnet: SubnetSpec): Unit {
  const owner = { kind: 'subnet', id: subnet.id, revision: subnet.revision } as const;
  const options = subnet.isDhcpEnabled ? dhcpOptions(subnet) : undefined;
  const anchor = row('DHCP_Options', rowUuid(subnet.id), {
    cidr: networkOf(subnet.cidr),
    options: options ?? new Map(),
    external_ids: anchorMarks(owner, { [MARK.isServed]: String(options !== undefined), [MARK.domain]: subnet.domainName }),
  });
  return { ...owner, anchor, rows: [anchor], links: [], reads: [] };
}

/** Reads a subnet's row, compiled or as it is in the backend. */
export function subnetContext(uuid: string, columns: { cidr: string; options: ReadonlyMap<string, string>; external_ids: Marks }): SubnetContext {
  return {
    uuid,
    ipVersion: versionOf(columns.cidr),
    cidr: columns.cidr,
    isServed: columns.external_ids.get(MARK.isServed) === 'true',
    options: columns.options,
    domain: columns.external_ids.get(MARK.domain) ?? '',
  };
}

/** The options, or undefined where guests configure themselves (SLAAC). */
function dhcpOptions(subnet: SubnetSpec): ReadonlyMap<string, string> | undefined {
  if (subnet.ipVersion === 4) return dhcpv4Options(subnet);
  if (subnet.ipv6AddressMode === undefined || subnet.ipv6AddressMode === 'slaac') return undefined;
  return dhcpv6Options(subnet, subnet.ipv6AddressMode === 'dhcpv6-stateless');
}

function dhcpv4Options(subnet: SubnetSpec): ReadonlyMap<string, string> {
  const server = subnet.gatewayIp ?? subnet.metadataIp ?? firstAddress(subnet.cidr);
  const routes = classlessRoutes(subnet);
  // Where none is given, the guest asks the server's own address: OVN answers the names of its network whatever address is asked.
  const dnsServers = subnet.dnsNameservers.filter((address) => versionOf(address) === 4);
  return new Map([
    ['server_id', server],
    ['server_mac', dhcpServerMac(subnet.id)],
    ['lease_time', String(LEASE_TIME / seconds(1))],
    ['mtu', String(subnet.mtu)],
    ['dns_server', `{${(dnsServers.length > 0 ? dnsServers : [server]).join(', ')}}`],
    ...(subnet.gatewayIp === undefined ? [] : [['router', subnet.gatewayIp] as const]),
    ...(routes.length === 0 ? [] : [['classless_static_route', `{${routes.join(', ')}}`] as const]),
    ...(subnet.domainName === '' ? [] : [['domain_name', JSON.stringify(subnet.domainName)] as const]),
  ]);
}

/** A client that is given classless routes ignores the router option (RFC 3442), so the default route is among them. */
function classlessRoutes(subnet: SubnetSpec): string[] {
  const routes = [
    ...(subnet.metadataIp === undefined ? [] : [`${METADATA_ADDRESS},${subnet.metadataIp}`]),
    ...subnet.hostRoutes.filter(({ destination }) => versionOf(destination) === 4)
      .map(({ destination, nexthop }) => `${networkOf(destination)},${nexthop}`),
  ];
  if (routes.length === 0 || subnet.gatewayIp === undefined) return routes;
  return [...routes, `0.0.0.0/0,${subnet.gatewayIp}`];
}

function dhcpv6Options(subnet: SubnetSpec, isStateless: boolean): ReadonlyMap<string, string> {
  const dnsServers = subnet.dnsNameservers.filter((address) => versionOf(address) === 6);
  return new Map([
    ['server_id', dhcpServerMac(subnet.id)],
    ...(dnsServers.length === 0 ? [] : [['dns_server', `{${dnsServers.join(', ')}}`] as const]),
    ...(subnet.domainName === '' ? [] : [['domain_search', JSON.stringify(subnet.domainName)] as const]),
    ...(isStateless ? [['dhcpv6_stateless', 'true'] as const] : []),
  ]);
}
