import { Conflict, Invalid, NotFound } from '@virga/kernel';
import { contains, formatCidr, formatIp, parseCidr, parseIp, rangeOf, type Cidr, type Ip } from '../addresses/index.js';
import { InvalidInput } from '../listing/index.js';
import type { Standard } from '../resources/index.js';

export interface Route {
  destination: string;
  nexthop: string;
}

/** A router as read. */
export interface Router extends Standard {
  name: string;
  admin_state_up: boolean;
  enable_snat: boolean;
  routes: Route[];
  is_distributed: boolean;
  is_ha: boolean;
  availability_zone_hints: string[];
  gateway: { port_id: string; network_id: string; external_fixed_ips: { subnet_id: string; ip_address: string }[] } | null;
  status: string;
}

export class RouterNotFound extends NotFound {
  constructor(id: string) {
    super('network.router.not-found', `Router ${id} could not be found`);
  }
}

export class RouterInUse extends Conflict {
  constructor(id: string) {
    super('network.router.in-use', `Router ${id} still has ports`);
  }
}

export class RouterInterfaceNotFound extends NotFound {
  constructor(id: string, portId: string) {
    super('network.router.interface-not-found', `Router ${id} does not have an interface with id ${portId}`);
  }
}

export class RouterInterfaceNotFoundForSubnet extends NotFound {
  constructor(id: string, subnetId: string) {
    super('network.router.no-interface-on-subnet', `Router ${id} has no interface on subnet ${subnetId}`);
  }
}

export class RouterInterfaceInUseByFloatingIP extends Conflict {
  constructor(id: string, subnetId: string) {
    super('network.router.interface-needed', `The interface of router ${id} on subnet ${subnetId} is needed by floating IPs.`);
  }
}

export class RouterInterfaceInUseByRoute extends Conflict {
  constructor(id: string, subnetId: string) {
    super('network.router.interface-on-route', `The interface of router ${id} on subnet ${subnetId} is needed by a route.`);
  }
}

export class RouterExternalGatewayInUseByFloatingIp extends Conflict {
  constructor(id: string, networkId: string) {
    super('network.router.gateway-needed', `The gateway of router ${id} to network ${networkId} is needed by floating IPs.`);
  }
}

export class PortInUse extends Conflict {
  constructor(id: string, networkId: string, deviceId: string) {
    super('network.router.port-in-use', `Unable to complete operation on port ${id} for network ${networkId}. Port already has an attached device ${deviceId}.`);
  }
}

export class BadRequest extends Invalid {
  constructor(reason: string) {
    super('network.router.invalid', `Bad router request: ${reason}.`);
  }
}

export class InvalidRoutes extends Invalid {
  constructor(route: Route, reason: string) {
    super('network.router.route', `Invalid format for routes: ${route.destination} via ${route.nexthop}, ${reason}`);
  }
}

/** Reads routes in canonical form, each once. Throws `InvalidInput`. */
export function routesOf(asked: readonly Route[]): Route[] {
  const routes = asked.map(({ destination, nexthop }) => {
    const [cidr, ip] = [parseCidr(destination), parseIp(nexthop)];
    if (cidr === undefined || ip === undefined || cidr.version !== ip.version) {
      throw new InvalidInput(`Invalid input for routes. Reason: '${destination} via ${nexthop}' is not a valid route.`);
    }
    return { destination: formatCidr(cidr), nexthop: formatIp(ip) };
  });
  if (new Set(routes.map(keyOf)).size < routes.length) throw new InvalidInput('Invalid input for routes. Reason: Duplicate route.');
  return routes;
}

export const keyOf = ({ destination, nexthop }: Route): string => `${destination} ${nexthop}`;

/** Throws `InvalidRoutes` where a next hop is not on one of the router's networks, or is the router itself. */
export function requireReachable(routes: readonly Route[], connected: readonly { cidr: string; ip: string }[]): void {
  for (const route of routes) {
    const hop = parseIp(route.nexthop) as Ip;
    if (!connected.some(({ cidr }) => contains(rangeOf(parseCidr(cidr) as Cidr), hop))) throw new InvalidRoutes(route, 'the nexthop is not connected with router');
    if (connected.some(({ ip }) => ip === route.nexthop)) throw new InvalidRoutes(route, 'the nexthop is used by router');
  }
}
