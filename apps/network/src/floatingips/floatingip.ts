import { Conflict, Invalid, NotFound } from '@virga/kernel';
import type { Standard } from '../resources/index.js';

export interface PortDetails {
  name: string;
  network_id: string;
  mac_address: string;
  admin_state_up: boolean;
  status: string;
  device_id: string;
  device_owner: string;
}

/** A floating IP as read. */
export interface FloatingIp extends Standard {
  floating_network_id: string;
  floating_ip: string;
  floating_port_id: string;
  port_id: string | null;
  fixed_ip: string | null;
  router_id: string | null;
  status: string;
  dns_name: string;
  dns_domain: string;
  port_details: PortDetails | null;
}

export class FloatingIPNotFound extends NotFound {
  constructor(id: string) {
    super('network.floatingip.not-found', `Floating IP ${id} could not be found`);
  }
}

export class BadRequest extends Invalid {
  constructor(reason: string) {
    super('network.floatingip.invalid', `Bad floatingip request: ${reason}.`);
  }
}

export class ExternalIpAddressExhausted extends Invalid {
  constructor(networkId: string) {
    super('network.floatingip.exhausted', `Unable to find any IP address on external network ${networkId}.`, { status: 409 });
  }
}

export class ExternalGatewayForFloatingIPNotFound extends NotFound {
  constructor(networkId: string, subnetId: string, portId: string) {
    super('network.floatingip.no-router', `External network ${networkId} is not reachable from subnet ${subnetId}: port ${portId} cannot have a floating IP of it.`);
  }
}

export class FloatingIPPortAlreadyAssociated extends Conflict {
  constructor(floating: FloatingIp, portId: string, fixedIp: string) {
    super('network.floatingip.port-taken', `Cannot associate floating IP ${floating.floating_ip} (${floating.id}) with port ${portId}: its fixed IP ${fixedIp} already has a floating IP.`);
  }
}

/** Where a floating IP leads. */
export interface Association {
  port_id: string;
  fixed_ip: string;
  router_id: string;
}
