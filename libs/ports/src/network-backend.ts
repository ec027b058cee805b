import type { PortId } from '@virga/kernel';

export interface NetworkSpec {
  id: string;
  revision: number;
  name: string;
  mtu: number;
  /** A network that is not up carries nothing. */
  isAdminUp: boolean;
  /** Present on a network that is bridged to a physical one; `segmentationId` is the VLAN, absent on a flat one. */
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
  /** The DNS domain of the ports, for example `openstacklocal`. */
  domainName: string;
}

export interface PortSpec {
  id: PortId;
  revision: number;
  networkId: string;
  /** A metadata port exists on every host at once (OVN's localport). Router ports are given with their router, not as ports. */
  role: 'guest' | 'metadata';
  mac: string;
  fixedIps: { subnetId: string; ip: string }[];
  isAdminUp: boolean;
  hasPortSecurity: boolean;
  /** `ip` is an address or a CIDR. */
  allowedAddressPairs: { ip: string; mac: string }[];
  securityGroupIds: string[];
  /** `name` is a dnsmasq-like name (`mtu`, `bootfile-name`), or the option's number; unknown ones are ignored. */
  extraDhcpOptions: { name: string; value: string; ipVersion: 4 | 6 }[];
  /** The chassis that alone may claim it (OVN's requested-chassis). */
  host: string | undefined;
  /** Without domain; the others on its network resolve it. */
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
  /** For ICMP the type. */
  portRangeMin: number | undefined;
  /** For ICMP the code. */
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

/** Neutron's model as far as a backend needs it. A complete one says also what must not exist. Ids are UUIDs with dashes, in lower case. */
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

/**
 * Reads the complete model, from the database. It is called once the backend has noted the moment: what appears or changes in the
 * backend after that moment may be newer than what was read, and is left alone. It need not be one snapshot: things that refer
 * to something that is neither read nor there are passed over.
 */
export type ReadModel = (signal: AbortSignal) => Promise<NetworkModel>;

/**
 * What network needs from the backend. The model is compiled; a backend is told what must be true.
 *
 * Each network, subnet, port, router and security group is a unit: given whole, written whole, with the revision that it was read
 * with. What must be given together:
 * - a port, alone, once its network, its subnets and its security groups are there; else with those that are not;
 * - a router with all its interfaces, routes and floating IPs, once their networks are there; a floating IP is part of its router;
 * - a security group with all its rules; a group that a rule names need not be there (until it is, the rule matches nothing);
 * - a changed subnet with all ports that have an address in it: what they are told by DHCP and DNS comes from it.
 *
 * All methods throw `DriverUnavailable` when the backend does not answer or the signal aborts, and `Refused` for what it will never do.
 */
export interface NetworkBackend {
  /**
   * Makes every given thing exist as specified and every `gone` thing not exist, in one backend transaction. Resolves after the
   * commit (milliseconds), not when hosts have followed. May be called for many things at once, concurrently.
   *
   * A spec whose revision is lower than the backend's is skipped, so that late callers change nothing; so is one of a thing that
   * was gone within the last hour. Removing a network removes the ports in it; removing what is not there succeeds.
   * Throws `Refused` where something that a spec refers to (a port's network) is neither given nor there.
   */
  ensure(wanted: Partial<NetworkModel>, gone: LogicalRef[], signal: AbortSignal): Promise<void>;
  /**
   * Compares the complete model with what is there; changes nothing. `missing` and `changed` things are the model's,
   * `unexpected` ones carry our marks but are not in it. What others put beside our things is not looked at.
   */
  drift(read: ReadModel, signal: AbortSignal): Promise<LogicalDrift[]>;
  /**
   * `drift`, then repairs what it found, whatever the revisions say (a database restored from a backup has lower ones);
   * answers what it repaired.
   */
  repair(read: ReadModel, signal: AbortSignal): Promise<LogicalDrift[]>;
  /**
   * Current bindings first, then every change, one entry a port (a slow reader sees the latest state, not every one);
   * a removed port is reported as not up. Ends when the signal aborts; outlives lost connections.
   */
  bindings(signal: AbortSignal): AsyncIterable<PortBinding>;
  /** The hosts that have ever joined, and whether each answers now; may take some seconds when one does not. */
  chassis(signal: AbortSignal): Promise<ChassisState[]>;
}
