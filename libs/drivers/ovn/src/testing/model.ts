import { newId, type PortId } from '@virga/kernel';
import type {
  FloatingIpSpec, LogicalRef, NetworkModel, NetworkSpec, PortSpec, RouterGatewaySpec, RouterInterfaceSpec, RouterSpec, SecurityGroupRuleSpec,
  SecurityGroupSpec, SubnetSpec,
} from '@virga/ports';

let macs = 0;
const newMac = (): string => `fa:16:3e:00:${((++macs >> 8) & 255).toString(16).padStart(2, '0')}:${(macs & 255).toString(16).padStart(2, '0')}`;

/** Specs for tests: complete, valid, with new ids; give what matters. */
export function aNetwork(with_: Partial<NetworkSpec> = {}): NetworkSpec {
  return { id: newId(), revision: 1, name: 'private', mtu: 1442, isAdminUp: true, ...with_ };
}

export function aSubnet(network: NetworkSpec, with_: Partial<SubnetSpec> = {}): SubnetSpec {
  return {
    id: newId(), revision: 1, networkId: network.id, ipVersion: 4, cidr: '10.0.0.0/24', gatewayIp: '10.0.0.1', isDhcpEnabled: true,
    dnsNameservers: [], hostRoutes: [], metadataIp: undefined, mtu: network.mtu, domainName: 'openstacklocal', ...with_,
  };
}

export function aPort(network: NetworkSpec, fixedIps: [subnet: SubnetSpec, ip: string][], with_: Partial<PortSpec> = {}): PortSpec {
  return {
    id: newId<'port'>(), revision: 1, networkId: network.id, role: 'guest', mac: newMac(),
    fixedIps: fixedIps.map(([subnet, ip]) => ({ subnetId: subnet.id, ip })), isAdminUp: true, hasPortSecurity: true, allowedAddressPairs: [],
    securityGroupIds: [], extraDhcpOptions: [], host: undefined, dnsName: undefined, ...with_,
  };
}

export function aRule(with_: Partial<SecurityGroupRuleSpec> = {}): SecurityGroupRuleSpec {
  return {
    id: newId(), direction: 'egress', etherType: 'IPv4', protocol: undefined, portRangeMin: undefined, portRangeMax: undefined,
    remoteIpPrefix: undefined, remoteGroupId: undefined, ...with_,
  };
}

/** A group that lets everything out and nothing in, as Neutron makes them. */
export function aSecurityGroup(with_: Partial<SecurityGroupSpec> = {}): SecurityGroupSpec {
  return { id: newId(), revision: 1, isStateful: true, rules: [aRule(), aRule({ etherType: 'IPv6' })], ...with_ };
}

export function anInterface(network: NetworkSpec, address: string, with_: Partial<RouterInterfaceSpec> = {}): RouterInterfaceSpec {
  return { portId: newId<'port'>(), networkId: network.id, mac: newMac(), addresses: [address], mtu: network.mtu, ...with_ };
}

export function aGateway(network: NetworkSpec, address: string, with_: Partial<RouterGatewaySpec> = {}): RouterGatewaySpec {
  return { ...anInterface(network, address), nexthops: [], isSnatEnabled: true, snatCidrs: [], ...with_ };
}

export function aFloatingIp(floatingIp: string, fixedIp: string, portId: PortId): FloatingIpSpec {
  return { id: newId(), floatingIp, fixedIp, portId, mac: newMac() };
}

export function aRouter(with_: Partial<RouterSpec> = {}): RouterSpec {
  return { id: newId(), revision: 1, name: 'router', isAdminUp: true, interfaces: [], gateway: undefined, routes: [], floatingIps: [], ...with_ };
}

export function aModel(with_: Partial<NetworkModel> = {}): NetworkModel {
  return { networks: [], subnets: [], ports: [], routers: [], securityGroups: [], ...with_ };
}

/** References to everything in a model. */
export function refsOf(model: NetworkModel): LogicalRef[] {
  return [
    ...model.networks.map(({ id }): LogicalRef => ({ kind: 'network', id })), ...model.subnets.map(({ id }): LogicalRef => ({ kind: 'subnet', id })),
    ...model.ports.map(({ id }): LogicalRef => ({ kind: 'port', id })), ...model.routers.map(({ id }): LogicalRef => ({ kind: 'router', id })),
    ...model.securityGroups.map(({ id }): LogicalRef => ({ kind: 'security-group', id })),
  ];
}

/** A small cloud: a network with two guests and a metadata port, an external network, a router with SNAT and a floating IP, two groups. */
export function aSmallCloud(): NetworkModel {
  const network = aNetwork();
  const subnet = aSubnet(network, { metadataIp: '10.0.0.2' });
  const external = aNetwork({ name: 'public', mtu: 1500, provider: { physicalNetwork: 'physnet1' } });
  const outside = aSubnet(external, { cidr: '172.24.4.0/24', gatewayIp: '172.24.4.1', isDhcpEnabled: false });
  const web = aSecurityGroup();
  const db = aSecurityGroup({ rules: [aRule({ direction: 'ingress', protocol: 'tcp', portRangeMin: 5432, portRangeMax: 5432, remoteGroupId: web.id })] });
  const first = aPort(network, [[subnet, '10.0.0.11']], { securityGroupIds: [web.id], dnsName: 'web' });
  const second = aPort(network, [[subnet, '10.0.0.12']], { securityGroupIds: [web.id, db.id], extraDhcpOptions: [{ name: 'mtu', value: '1400', ipVersion: 4 }] });
  const metadata = aPort(network, [[subnet, '10.0.0.2']], { role: 'metadata' });
  const router = aRouter({
    interfaces: [anInterface(network, '10.0.0.1/24')],
    gateway: aGateway(external, '172.24.4.10/24', { nexthops: ['172.24.4.1'], snatCidrs: ['10.0.0.0/24'] }),
    floatingIps: [aFloatingIp('172.24.4.50', '10.0.0.11', first.id)],
  });
  return aModel({ networks: [network, external], subnets: [subnet, outside], ports: [first, second, metadata], routers: [router], securityGroups: [web, db] });
}
