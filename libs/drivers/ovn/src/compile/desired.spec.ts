import type { NetworkModel } from '@virga/ports';
import { aFloatingIp, aGateway, aModel, aNetwork, anInterface, aPort, aRouter, aRule, aSecurityGroup, aSubnet } from '../testing/model.js';
import { northbound } from '../northbound.js';
import { showValue } from '../ovsdb/columns.js';
import { desired, type CompileContext } from './desired.js';
import { MissingReference, type Unit } from './unit.js';

const id = <Kind extends string>(number: number): Kind => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` as Kind;
const context: CompileContext = {
  gatewayChassis: () => [{ chassis: 'host-1', priority: 1000 }, { chassis: 'host-2', priority: 999 }],
  areFloatingIpsDistributed: false,
  isProvider: (networkId) => networkId === id(2),
  knownSubnet: () => undefined,
};

const network = aNetwork({ id: id(1) });
const external = aNetwork({ id: id(2), name: 'public', mtu: 1400, provider: { physicalNetwork: 'physnet1', segmentationId: 7 }, isAdminUp: false });
const v4 = aSubnet(network, { id: id(11), metadataIp: '10.0.0.2', dnsNameservers: ['9.9.9.9', '2620:fe::9'], hostRoutes: [{ destination: '10.9.0.1/16', nexthop: '10.0.0.9' }] });
const v6 = aSubnet(network, { id: id(12), ipVersion: 6, cidr: 'fd00:1::/64', gatewayIp: 'fd00:1::1', ipv6AddressMode: 'dhcpv6-stateful', dnsNameservers: ['2620:fe::9'] });
const isolated = aSubnet(network, { id: id(13), cidr: '10.1.0.0/24', gatewayIp: undefined, domainName: '' });
const outside = aSubnet(external, { id: id(14), cidr: '172.24.4.0/24', gatewayIp: '172.24.4.1', isDhcpEnabled: false });
const group = aSecurityGroup({ id: id(21), rules: [aRule({ id: id(22) })] });
const base = { mac: 'fa:16:3e:00:00:01', securityGroupIds: [group.id] };

const model: NetworkModel = aModel({
  networks: [network, external],
  subnets: [v4, v6, isolated, outside],
  securityGroups: [group],
  ports: [
    aPort(network, [[v4, '10.0.0.11'], [v6, 'fd00:1::11']], { ...base, id: id(31), host: 'host-1', dnsName: 'Web', extraDhcpOptions: [{ name: 'mtu', value: '1300', ipVersion: 4 }] }),
    aPort(network, [[v4, '10.0.0.12']], { ...base, id: id(32), isAdminUp: false, allowedAddressPairs: [{ ip: '10.0.0.50', mac: base.mac }, { ip: '10.7.0.1/16', mac: 'fa:16:3e:00:00:99' }] }),
    aPort(network, [[isolated, '10.1.0.12']], { ...base, id: id(33), hasPortSecurity: false, extraDhcpOptions: [{ name: 'dhcp_disabled', value: 'True', ipVersion: 4 }] }),
    aPort(network, [[v4, '10.0.0.2']], { ...base, id: id(34), role: 'metadata' }),
  ],
  routers: [aRouter({
    id: id(41),
    interfaces: [anInterface(network, '10.0.0.1/24', { portId: id(42), mac: 'fa:16:3e:00:00:42', ipv6AddressMode: 'dhcpv6-stateful', addresses: ['10.0.0.1/24', 'fd00:1::1/64'] })],
    gateway: aGateway(external, '172.24.4.10/24', { portId: id(43), mac: 'fa:16:3e:00:00:43', nexthops: ['172.24.4.1'], snatCidrs: ['10.0.0.0/24'] }),
    routes: [{ destination: '10.9.0.0/16', nexthop: '10.0.0.9' }],
    floatingIps: [{ ...aFloatingIp('172.24.4.50', '10.0.0.11', id(31)), id: id(44), mac: 'fa:16:3e:00:00:44' }],
  })],
});

function shown(units: Unit[]): string {
  return units.map((unit) => [
    `${unit.kind} ${unit.id} revision ${unit.revision}`,
    ...unit.rows.flatMap((row) => [`  ${row.table} ${row.uuid}`, ...Object.entries(row.columns).map(([name, value]) => `    ${name}: ${showValue(value)}`)]),
    ...unit.links.map((link) => `  ${link.table} ${link.uuid} ${link.column} has ${link.target}`),
  ].join('\n')).join('\n');
}

describe('the rows of a model', () => {
  it('are these', () => {
    expect(shown(desired(model, context))).toMatchSnapshot();
  });

  it('are the same whoever compiles, and each has an id of its own in its table', () => {
    const units = desired(model, context);
    expect(shown(desired(structuredClone(model), context))).toBe(shown(units));
    const keys = units.flatMap(({ rows }) => rows.map(({ table, uuid }) => `${table} ${uuid}`));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('name only columns that are declared', () => {
    const columns = desired(model, context).flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row.columns).map((column) => [row.table, column] as const)));
    for (const [table, column] of columns) expect(Object.keys(northbound[table])).toContain(column);
  });

  it('put a floating IP on its guest\'s host where the cloud is made so', () => {
    const units = desired(model, { ...context, areFloatingIpsDistributed: true });
    const nat = units.flatMap(({ rows }) => rows).find(({ uuid }) => uuid === id(44));
    expect(nat?.columns).toMatchObject({ external_mac: 'fa:16:3e:00:00:44', logical_port: id(31) });
  });

  it('translate no addresses without SNAT, except floating ones', () => {
    const [router] = model.routers;
    const units = desired({ routers: [{ ...router!, gateway: { ...router!.gateway!, isSnatEnabled: false } }] }, context);
    const types = units.flatMap(({ rows }) => rows).filter(({ table }) => table === 'NAT').map(({ columns }) => columns['type']);
    expect(types).toEqual(['dnat_and_snat']);
  });

  it('cannot be made of a port without its subnet', () => {
    expect(() => desired({ ports: model.ports }, context)).toThrow(MissingReference);
  });
});
