import type { FloatingIpSpec, RouterGatewaySpec, RouterInterfaceSpec, RouterSpec } from '@virga/ports';
import { hostOf, networkOf, versionOf } from './addresses.js';
import { anchorMarks, MARK, marks } from './marks.js';
import { derivedUuid, routerName, routerPortName, routerPortUuid, rowUuid } from './names.js';
import { row, type CompiledRow, type Link, type Unit } from './unit.js';

/** A host that may be a gateway, and how much it is wanted; the highest that is alive is it. */
export interface GatewayChassis {
  chassis: string;
  priority: number;
}

/** What a router's rows depend on beside its spec. */
export interface RouterContext {
  /** Which hosts serve the gateway port `routerPortUuid` on a network; empty while there is none. */
  gatewayChassis(routerPortUuid: string, networkId: string): readonly GatewayChassis[];
  /** Whether the network is bridged to a physical one. */
  isProvider(networkId: string): boolean;
  /** Whether floating IPs are handled on their guest's host; it then needs the external network itself. */
  areFloatingIpsDistributed: boolean;
}

/**
 * A router is a logical router with a router port and its switch port for each interface. With a gateway it has default routes,
 * source NAT for the subnets that leave through it, and floating IPs; all that happens on the hosts chosen for its gateway port.
 */
export function compileRouter(router: RouterSpec, context: RouterContext): Unit {
  const owner = { kind: 'router', id: router.id, revision: router.revision } as const;
  const gateway = router.gateway;
  const interfaces = gateway === undefined ? router.interfaces : [...router.interfaces, gateway];
  const ports = interfaces.map((each) => interfaceRows(router, each, each === gateway ? gateway : undefined, context));
  const routes = routeRows(router);
  const nats = gateway === undefined ? [] : natRows(router, gateway, context);
  const anchor = row('Logical_Router', rowUuid(router.id), {
    name: routerName(router.id),
    enabled: router.isAdminUp,
    ports: new Set(ports.map(({ port }) => port.uuid)),
    static_routes: new Set(routes.map(({ uuid }) => uuid)),
    nat: new Set(nats.map(({ uuid }) => uuid)),
    // Hundreds of routers may share an external network; they need not know each other's addresses before they talk.
    options: new Map([['dynamic_neigh_routers', 'true'], ['always_learn_from_arp_request', 'false']]),
    external_ids: anchorMarks(owner, { 'virga:name': router.name }),
  });
  return {
    ...owner,
    anchor,
    rows: [anchor, ...ports.flatMap(({ rows }) => rows), ...routes, ...nats],
    links: ports.map(({ link }) => link),
    reads: [],
  };
}

interface InterfaceRows {
  port: CompiledRow;
  rows: CompiledRow[];
  link: Link;
}

function interfaceRows(router: RouterSpec, spec: RouterInterfaceSpec, gateway: RouterGatewaySpec | undefined, context: RouterContext): InterfaceRows {
  const uuid = routerPortUuid(spec.portId);
  const chassis = gateway === undefined ? [] : gatewayChassisRows(router, spec, context.gatewayChassis(uuid, spec.networkId));
  const port = row('Logical_Router_Port', uuid, {
    name: routerPortName(spec.portId),
    mac: spec.mac,
    networks: new Set(spec.addresses),
    enabled: undefined,
    options: gateway === undefined ? interfaceOptions(router, spec, context) : gatewayOptions(router, gateway),
    ipv6_ra_configs: routerAdvertisement(spec),
    gateway_chassis: new Set(chassis.map((each) => each.uuid)),
    external_ids: marks({ kind: 'router', id: router.id }, gateway === undefined ? {} : { [MARK.gatewayOf]: spec.networkId }),
  });
  const switchPort = switchPortRow(router, spec, gateway !== undefined);
  const link: Link = { table: 'Logical_Switch', uuid: rowUuid(spec.networkId), column: 'ports', target: switchPort.uuid };
  return { port, rows: [port, ...chassis, switchPort], link };
}

/** The rows that say which hosts serve a gateway port. */
export function gatewayChassisRows(router: { id: string }, spec: { portId: string }, chosen: readonly GatewayChassis[]): CompiledRow[] {
  const name = routerPortName(spec.portId);
  return chosen.map(({ chassis, priority }) => row('Gateway_Chassis', derivedUuid('gateway-chassis', spec.portId, chassis), {
    name: `${name}_${chassis}`, chassis_name: chassis, priority, external_ids: marks({ kind: 'router', id: router.id }),
  }));
}

/** The interface's other end, on the switch. It has the Neutron port's id as name, like every port. */
function switchPortRow(router: RouterSpec, spec: RouterInterfaceSpec, isGateway: boolean): CompiledRow {
  return row('Logical_Switch_Port', rowUuid(spec.portId), {
    name: spec.portId,
    type: 'router',
    // The gateway's host announces the router's and the floating addresses when it takes over.
    options: new Map([['router-port', routerPortName(spec.portId)], ...(isGateway ? [['nat-addresses', 'router'] as const] : [])]),
    tag: undefined,
    addresses: new Set(['router']),
    port_security: new Set(),
    enabled: undefined,
    dhcpv4_options: undefined,
    dhcpv6_options: undefined,
    external_ids: marks({ kind: 'router', id: router.id }),
  });
}

/**
 * Routing happens on every host, all with the same MAC. On a provider network the physical switches would see that MAC jump
 * between hosts, so there it happens on the gateway's host only.
 */
function interfaceOptions(router: RouterSpec, spec: RouterInterfaceSpec, context: RouterContext): ReadonlyMap<string, string> {
  const isCentral = router.gateway !== undefined && !context.areFloatingIpsDistributed && context.isProvider(spec.networkId);
  return new Map(isCentral ? [['reside-on-redirect-chassis', 'true']] : []);
}

/**
 * Makes the router answer "too big" where packets from inside do not fit outside. Checking each packet costs, so it is only
 * done where an inner network has the larger MTU.
 */
function gatewayOptions(router: RouterSpec, gateway: RouterGatewaySpec): ReadonlyMap<string, string> {
  const fitsAlways = router.interfaces.every(({ mtu }) => mtu <= gateway.mtu);
  return new Map(fitsAlways ? [] : [['gateway_mtu', String(gateway.mtu)]]);
}

const ADDRESS_MODES = { 'slaac': 'slaac', 'dhcpv6-stateful': 'dhcpv6_stateful', 'dhcpv6-stateless': 'dhcpv6_stateless' } as const;

function routerAdvertisement(spec: RouterInterfaceSpec): ReadonlyMap<string, string> {
  if (spec.ipv6AddressMode === undefined) return new Map();
  return new Map([['address_mode', ADDRESS_MODES[spec.ipv6AddressMode]], ['send_periodic', 'true'], ['mtu', String(spec.mtu)]]);
}

function routeRows(router: RouterSpec): CompiledRow[] {
  const external_ids = marks({ kind: 'router', id: router.id });
  const route = (destination: string, nexthop: string, outputPort: string | undefined): CompiledRow =>
    row('Logical_Router_Static_Route', derivedUuid('route', router.id, destination, nexthop), {
      ip_prefix: destination, nexthop, output_port: outputPort, external_ids,
    });
  const outside = router.gateway && routerPortName(router.gateway.portId);
  const defaults = (router.gateway?.nexthops ?? []).map((nexthop) => route(versionOf(nexthop) === 4 ? '0.0.0.0/0' : '::/0', nexthop, outside));
  const own = router.routes.map(({ destination, nexthop }) => route(networkOf(destination), nexthop, undefined));
  return [...new Map([...defaults, ...own].map((each) => [each.uuid, each])).values()];
}

function natRows(router: RouterSpec, gateway: RouterGatewaySpec, context: RouterContext): CompiledRow[] {
  const external_ids = marks({ kind: 'router', id: router.id });
  const outside = gateway.addresses.map(hostOf).find((address) => versionOf(address) === 4);
  const cidrs = gateway.isSnatEnabled && outside !== undefined ? [...new Set(gateway.snatCidrs.map(networkOf))] : [];
  const snat = cidrs.map((cidr) => row('NAT', derivedUuid('snat', router.id, cidr), {
    type: 'snat', external_ip: outside ?? '', logical_ip: cidr, external_mac: undefined, logical_port: undefined, external_ids,
  }));
  return [...snat, ...router.floatingIps.map((floatingIp) => floatingIpRow(router, floatingIp, context))];
}

function floatingIpRow(router: RouterSpec, spec: FloatingIpSpec, { areFloatingIpsDistributed: isDistributed }: RouterContext): CompiledRow {
  return row('NAT', rowUuid(spec.id), {
    type: 'dnat_and_snat',
    external_ip: spec.floatingIp,
    logical_ip: spec.fixedIp,
    external_mac: isDistributed ? spec.mac : undefined,
    logical_port: isDistributed ? spec.portId : undefined,
    external_ids: marks({ kind: 'router', id: router.id }, { 'virga:floating-ip': spec.id }),
  });
}
