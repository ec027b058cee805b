import type { PortId } from '@virga/kernel';

export interface NetworkSpec {
  id: string;
  revision: number;
  name: string;
  mtu: number;
  isAdminUp: boolean;
  /** Present on a network that is bridged to a physical one. */
  provider?: { physicalNetwork: string; segmentationId?: number };
}

export interface SubnetSpec {
  id: string;
  revision: number;
  networkId: string;
  ipVersion: 4 | 6;
  cidr: string;
  gatewayIp: string | undefined;
  isDhcpEnabled: boolean;
  ipv6AddressMode?: 'slaac' | 'dhcpv6-stateful' | 'dhcpv6-stateless';
  dnsNameservers: string[];
  hostRoutes: { destination: string; nexthop: string }[];
  /** The address of the network's metadata localport in this subnet: guests reach 169.254.169.254 through it. */
  metadataIp: string | undefined;
  mtu: number;
  domainName: string;
}

export interface PortSpec {
  id: PortId;
  revision: number;
  networkId: string;
  role: 'guest' | 'metadata';
  mac: string;
  fixedIps: { subnetId: string; ip: string }[];
  isAdminUp: boolean;
  hasPortSecurity: boolean;
  allowedAddressPairs: { ip: string; mac: string }[];
  securityGroupIds: string[];
  extraDhcpOptions: { name: string; value: string; ipVersion: 4 | 6 }[];
  /** The chassis that alone may claim it (OVN's requested-chassis). */
  host: string | undefined;
  dnsName: string | undefined;
}

export interface RouterInterfaceSpec {
  portId: PortId;
  networkId: string;
  mac: string;
  /** With prefix length: `10.0.0.1/24`. */
  addresses: string[];
  /** Set for IPv6 subnets that advertise themselves. */
  ipv6AddressMode?: 'slaac' | 'dhcpv6-stateful' | 'dhcpv6-stateless';
  mtu: number;
}

export interface RouterGatewaySpec extends RouterInterfaceSpec {
  /** Default gateways, one an address family. */
  nexthops: string[];
  isSnatEnabled: boolean;
  /** The tenant subnets (IPv4) that leave through it. */
  snatCidrs: string[];
}

export interface FloatingIpSpec {
  id: string;
  floatingIp: string;
  fixedIp: string;
  portId: PortId;
  /** The floating IP port's MAC, for handling it on the guest's own host. */
  mac: string;
}

export interface RouterSpec {
  id: string;
  revision: number;
  name: string;
  isAdminUp: boolean;
  interfaces: RouterInterfaceSpec[];
  gateway: RouterGatewaySpec | undefined;
  routes: { destination: string; nexthop: string }[];
  floatingIps: FloatingIpSpec[];
}

export interface SecurityGroupRuleSpec {
  id: string;
  direction: 'ingress' | 'egress';
  etherType: 'IPv4' | 'IPv6';
  /** A name of Neutron's list, a protocol number as text, or undefined for any. */
  protocol: string | undefined;
  portRangeMin: number | undefined;
  portRangeMax: number | undefined;
  remoteIpPrefix: string | undefined;
  remoteGroupId: string | undefined;
}

export interface SecurityGroupSpec {
  id: string;
  revision: number;
  isStateful: boolean;
  rules: SecurityGroupRuleSpec[];
}

/** Neutron's model as far as a backend needs it. A complete one says also what must not exist. */
export interface NetworkModel {
  networks: NetworkSpec[];
  subnets: SubnetSpec[];
  ports: PortSpec[];
  routers: RouterSpec[];
  securityGroups: SecurityGroupSpec[];
}

export type LogicalKind = 'network' | 'subnet' | 'port' | 'router' | 'security-group';

export interface LogicalRef {
  kind: LogicalKind;
  id: string;
}

/** Something in the backend that differs from the model. */
export interface LogicalDrift extends LogicalRef {
  problem: 'missing' | 'changed' | 'unexpected';
  /** For operators: table, row and columns. */
  detail: string;
}

/** Where a port really is: `isUp` is when its host has wired it. */
export interface PortBinding {
  portId: PortId;
  isUp: boolean;
}

export interface ChassisState {
  name: string;
  hostname: string;
  isAlive: boolean;
}

/** What network needs from the backend. The model is compiled; a backend is told what must be true. */
export interface NetworkBackend {
  /**
   * Makes every given thing exist as specified and every `gone` thing not exist, in one backend transaction where it can.
   * A spec whose revision is lower than the backend's is skipped, so that late callers change nothing.
   * Things that a spec refers to (a port's network) must be given too or exist already. Resolves after the commit.
   */
  ensure(wanted: Partial<NetworkModel>, gone: LogicalRef[], signal: AbortSignal): Promise<void>;
  /** Compares the complete model with what is there; changes nothing. */
  drift(model: NetworkModel, signal: AbortSignal): Promise<LogicalDrift[]>;
  /** `drift`, then repairs what it found, whatever the revisions say; answers what it repaired. */
  repair(model: NetworkModel, signal: AbortSignal): Promise<LogicalDrift[]>;
  /** Current bindings first, then every change; ends when the signal aborts. */
  bindings(signal: AbortSignal): AsyncIterable<PortBinding>;
  chassis(signal: AbortSignal): Promise<ChassisState[]>;
}
