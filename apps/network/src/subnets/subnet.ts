import { Conflict, Invalid, NotFound } from '@virga/kernel';
import type { Standard } from '../resources/index.js';

export interface HostRoute {
  destination: string;
  nexthop: string;
}

export interface Pool {
  start: string;
  end: string;
}

/** A subnet as read, with what policy needs to know of its network. */
export interface Subnet extends Standard {
  network_id: string;
  subnetpool_id: string | null;
  name: string;
  ip_version: number;
  cidr: string;
  gateway_ip: string | null;
  enable_dhcp: boolean;
  ipv6_ra_mode: string | null;
  ipv6_address_mode: string | null;
  dns_nameservers: string[];
  host_routes: HostRoute[];
  service_types: string[];
  allocation_pools: Pool[];
  network_project_id: string;
  is_shared: boolean;
  is_external: boolean;
}

export class SubnetNotFound extends NotFound {
  constructor(id: string) {
    super('network.subnet.not-found', `Subnet ${id} could not be found.`);
  }
}

export class SubnetInUse extends Conflict {
  constructor(id: string) {
    super('network.subnet.in-use', `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`);
  }
}

export class GatewayConflictWithAllocationPools extends Conflict {
  constructor(pool: string, gateway: string) {
    super('network.subnet.gateway-in-pool', `Gateway ip ${gateway} conflicts with allocation pool ${pool}.`);
  }
}

export class GatewayIpInUse extends Conflict {
  constructor(ip: string, portId: string) {
    super('network.subnet.gateway-in-use', `Current gateway ip ${ip} already in use by port ${portId}. Unable to update.`);
  }
}

export class OutOfBoundsAllocationPool extends Invalid {
  constructor(pool: string, cidr: string) {
    super('network.subnet.pool-outside', `The allocation pool ${pool} spans beyond the subnet cidr ${cidr}.`);
  }
}

export class OverlappingAllocationPools extends Conflict {
  constructor(one: string, other: string, cidr: string) {
    super('network.subnet.pools-overlap', `Found overlapping allocation pools: ${one} ${other} for subnet ${cidr}.`);
  }
}

export class InvalidAllocationPool extends Invalid {
  constructor(pool: string) {
    super('network.subnet.pool-invalid', `The allocation pool ${pool} is not valid.`);
  }
}

export class BadRequest extends Invalid {
  constructor(reason: string) {
    super('network.subnet.invalid', `Bad subnets request: ${reason}`);
  }
}
