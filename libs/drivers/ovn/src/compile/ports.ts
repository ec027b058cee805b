import type { PortSpec } from '@virga/ports';
import { networkOf, reverseName } from './addresses.js';
import { extraDhcpOption } from './dhcp-options.js';
import { anchorMarks, marks } from './marks.js';
import { derivedUuid, dropGroupUuid, rowUuid } from './names.js';
import type { SubnetContext } from './subnets.js';
import { row, type CompiledRow, type Link, type Unit } from './unit.js';

/** What a port's rows depend on beside its spec. */
export interface PortContext {
  /** Throws `MissingReference` for a subnet that is neither given nor there. */
  subnet(subnetId: string): SubnetContext;
}

/**
 * A port is a logical switch port, member of its network's switch and of the port groups of its security groups; with extra
 * DHCP options it has a row of options of its own, and with a name a DNS row of its own.
 *
 * DNS has a row per port (not one per network), so that ports written at once never touch the same row.
 */
export function compilePort(port: PortSpec, context: PortContext): Unit {
  const owner = { kind: 'port', id: port.id, revision: port.revision } as const;
  const uuid = rowUuid(port.id);
  const subnets = port.fixedIps.map(({ subnetId }) => context.subnet(subnetId));
  const dhcp = { 4: dhcpOf(port, subnets, 4), 6: dhcpOf(port, subnets, 6) };
  const dns = dnsRow(port, subnets[0]?.domain ?? '');
  const anchor = row('Logical_Switch_Port', uuid, {
    name: port.id,
    type: port.role === 'metadata' ? 'localport' : '',
    options: new Map(port.host === undefined ? [] : [['requested-chassis', port.host]]),
    tag: undefined,
    addresses: addressesOf(port),
    port_security: portSecurityOf(port),
    enabled: port.isAdminUp,
    dhcpv4_options: dhcp[4].uuid,
    dhcpv6_options: dhcp[6].uuid,
    external_ids: anchorMarks(owner),
  });
  return {
    ...owner,
    anchor,
    rows: [anchor, ...[dhcp[4].own, dhcp[6].own, dns].filter((each) => each !== undefined)],
    links: [...links(port, uuid), ...(dns === undefined ? [] : [{ ...onSwitch(port), column: 'dns_records', target: dns.uuid } as const])],
    reads: [...new Set(subnets.map((subnet) => subnet.uuid))].map((subnet) => ({ table: 'DHCP_Options', uuid: subnet })),
  };
}

const onSwitch = (port: PortSpec) => ({ table: 'Logical_Switch', uuid: rowUuid(port.networkId) }) as const;
const isSecured = (port: PortSpec): boolean => port.role === 'guest' && port.hasPortSecurity;

function links(port: PortSpec, target: string): Link[] {
  const groups = isSecured(port) ? [dropGroupUuid, ...port.securityGroupIds.map(rowUuid)] : [];
  return [
    { ...onSwitch(port), column: 'ports', target },
    ...groups.map((uuid): Link => ({ table: 'Port_Group', uuid, column: 'ports', target })),
  ];
}

/** Where the port is: OVN sends to it, and answers ARP and ND for it. */
function addressesOf(port: PortSpec): ReadonlySet<string> {
  const own = [port.mac, ...port.fixedIps.map(({ ip }) => ip)].join(' ');
  if (port.role === 'metadata') return new Set([own]);
  if (!port.hasPortSecurity) return new Set([own, 'unknown']);
  const otherMacs = port.allowedAddressPairs.map(({ mac }) => mac).filter((mac) => mac !== port.mac);
  return new Set([own, ...otherMacs]);
}

/** What the port may send from: its own addresses and the allowed pairs, one entry a MAC. */
function portSecurityOf(port: PortSpec): ReadonlySet<string> {
  if (!isSecured(port)) return new Set();
  const byMac = new Map([[port.mac, port.fixedIps.map(({ ip }) => ip)]]);
  for (const { mac, ip } of port.allowedAddressPairs) byMac.set(mac, [...(byMac.get(mac) ?? []), networkOf(ip)]);
  return new Set([...byMac].map(([mac, ips]) => [mac, ...new Set(ips)].join(' ')));
}

/** Which row of DHCP options the port is served from, and that row where it is the port's own. */
function dhcpOf(port: PortSpec, subnets: SubnetContext[], ipVersion: 4 | 6): { uuid: string | undefined; own?: CompiledRow } {
  const subnet = subnets.find((each) => each.ipVersion === ipVersion && each.isServed);
  const extra = port.extraDhcpOptions.filter((option) => option.ipVersion === ipVersion);
  const isRefused = extra.some(({ name, value }) => name === 'dhcp_disabled' && value.toLowerCase() === 'true');
  if (subnet === undefined || port.role === 'metadata' || isRefused) return { uuid: undefined };
  const options = extra.map(extraDhcpOption).filter((option) => option !== undefined);
  if (options.length === 0) return { uuid: subnet.uuid };
  const uuid = derivedUuid('port-dhcp', port.id, String(ipVersion));
  return {
    uuid,
    own: row('DHCP_Options', uuid, {
      cidr: subnet.cidr, options: new Map([...subnet.options, ...options]), external_ids: marks({ kind: 'port', id: port.id }),
    }),
  };
}

/** Its name, with and without domain, and its addresses' reverse names. */
function dnsRow(port: PortSpec, domain: string): CompiledRow | undefined {
  if (port.dnsName === undefined || port.dnsName === '' || port.fixedIps.length === 0) return undefined;
  const short = port.dnsName.toLowerCase();
  const full = domain === '' ? short : `${short}.${domain.toLowerCase().replace(/\.$/, '')}`;
  const addresses = port.fixedIps.map(({ ip }) => ip);
  return row('DNS', derivedUuid('port-dns', port.id), {
    records: new Map([
      [short, addresses.join(' ')], [full, addresses.join(' ')], ...addresses.map((ip) => [reverseName(ip), full] as const),
    ]),
    external_ids: marks({ kind: 'port', id: port.id }),
  });
}
