import { Conflict, Invalid, NotFound } from '@virga/kernel';
import type { Standard } from '../resources/index.js';

export interface AddressPair {
  ip_address: string;
  mac_address: string;
}

export interface DhcpOption {
  opt_name: string;
  opt_value: string;
  ip_version: number;
}

export interface FixedIp {
  subnet_id: string;
  ip_address: string;
}

/** What a port's row holds. */
export interface PortFacts extends Standard {
  network_id: string;
  name: string;
  mac_address: string;
  admin_state_up: boolean;
  status: string;
  device_id: string;
  device_owner: string;
  port_security_enabled: boolean;
  allowed_address_pairs: AddressPair[];
  extra_dhcp_opts: DhcpOption[];
  dns_name: string;
  vnic_type: string;
  host_id: string;
  binding_profile: Record<string, unknown>;
  nic_index: number | null;
}

/** A port as read, with what policy and views need to know of its network. */
export interface Port extends PortFacts {
  fixed_ips: FixedIp[];
  security_groups: string[];
  network_project_id: string;
  network_dns_domain: string;
  is_shared: boolean;
}

export class PortNotFound extends NotFound {
  constructor(id: string) {
    super('network.port.not-found', `Port ${id} could not be found.`);
  }
}

export class MacAddressInUse extends Conflict {
  constructor(mac: string, networkId: string) {
    super('network.port.mac-in-use', `Unable to complete operation for network ${networkId}. The mac address ${mac} is in use.`);
  }
}

export class PortBound extends Conflict {
  constructor(id: string) {
    super('network.port.bound', `Unable to complete operation on port ${id}, port is already bound to a host: its MAC address stays.`);
  }
}

export class ServicePortInUse extends Conflict {
  constructor(id: string, owner: string) {
    super('network.port.in-use', `Port ${id} cannot be deleted directly via the port API: it has device owner ${owner}.`);
  }
}

export class InvalidIpForNetwork extends Invalid {
  constructor(ip: string) {
    super('network.port.ip-of-no-subnet', `IP address ${ip} is not a valid IP for any of the subnets on the specified network.`);
  }
}

export class InvalidIpForSubnet extends Invalid {
  constructor(ip: string) {
    super('network.port.ip-of-other-subnet', `IP address ${ip} is not a valid IP for the specified subnet.`);
  }
}

export class PortSecurityAndIPRequiredForSecurityGroups extends Conflict {
  constructor() {
    super('network.port.unprotected', 'Port security must be enabled on a port that has security groups.', { status: 400 });
  }
}

export class AddressPairAndPortSecurityRequired extends Conflict {
  constructor() {
    super('network.port.unprotected-pairs', 'Port Security must be enabled in order to have allowed address pairs on a port.');
  }
}

export class DuplicateAddressPairInRequest extends Invalid {
  constructor(pair: AddressPair) {
    super('network.port.pair-twice', `Request contains duplicate address pair: mac_address ${pair.mac_address} ip_address ${pair.ip_address}.`);
  }
}

/** Ports that the service makes for itself: no security groups, no anti-spoofing, and their own life. */
export function isNetworkDevice(deviceOwner: string): boolean {
  return deviceOwner.startsWith('network:');
}

/** Owners of ports that are part of a router, and live and die with what made them. */
const ROUTER_OWNERS = new Set(['network:router_interface', 'network:router_gateway', 'network:floatingip']);

export function isRouterPort(deviceOwner: string): boolean {
  return ROUTER_OWNERS.has(deviceOwner);
}
