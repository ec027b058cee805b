import { isTrue, type Static } from '@virga/contract';
import type { NetworkCreate, NetworkUpdate, NetworkView } from '@virga/contracts-network';
import { newStandard, standardAttributes } from '../resources/index.js';
import { PHYSICAL_MTU, TUNNEL_MTU, requireMtu, segmentOf, type Network, type ProviderRequest, type Segment } from './network.js';

type CreateBody = Static<typeof NetworkCreate>;
type UpdateBody = Static<typeof NetworkUpdate>;

export type NewNetwork = Omit<Network, 'subnets' | 'is_realized'>;

/** What a create body asks for. Throws `InvalidInput`. */
export function newNetwork(body: CreateBody, owner: string, physicalNetworks: readonly string[], now: number): NewNetwork {
  const segment = segmentOf(providerRequest(body), physicalNetworks);
  return {
    ...newStandard(owner, body.description, now),
    name: body.name ?? '',
    ...switches(body),
    mtu: Number(body.mtu ?? 0) === 0 ? defaultMtu(segment) : requireMtu(Number(body.mtu)),
    dns_domain: body.dns_domain ?? '',
    availability_zone_hints: body.availability_zone_hints ?? [],
    ...segment,
  };
}

function switches(body: CreateBody): Pick<Network, 'admin_state_up' | 'is_shared' | 'is_external' | 'is_default' | 'port_security_enabled'> {
  const isExternal = isTrue(body['router:external']) ?? false;
  return {
    admin_state_up: isTrue(body.admin_state_up) ?? true, is_shared: isTrue(body.shared) ?? false, is_external: isExternal,
    is_default: isExternal && (isTrue(body.is_default) ?? false), port_security_enabled: isTrue(body.port_security_enabled) ?? true,
  };
}

function defaultMtu(segment: Segment): number {
  return segment.network_type === 'geneve' ? TUNNEL_MTU : PHYSICAL_MTU;
}

export function providerRequest(body: UpdateBody): ProviderRequest {
  const id = body['provider:segmentation_id'];
  return {
    type: body['provider:network_type'] ?? undefined,
    physicalNetwork: body['provider:physical_network'] ?? undefined,
    segmentationId: id === undefined || id === null ? undefined : Number(id),
  };
}

/** The columns that an update body changes. */
export function networkChanges(body: UpdateBody) {
  return {
    name: body.name, description: body.description, dns_domain: body.dns_domain,
    admin_state_up: isTrue(body.admin_state_up), is_shared: isTrue(body.shared), is_external: isTrue(body['router:external']),
    is_default: isTrue(body.is_default), port_security_enabled: isTrue(body.port_security_enabled),
    mtu: body.mtu === undefined ? undefined : requireMtu(Number(body.mtu)),
  };
}

export function networkView(network: Network): Static<typeof NetworkView> {
  return {
    ...standardAttributes(network),
    name: network.name,
    admin_state_up: network.admin_state_up,
    status: network.is_realized ? 'ACTIVE' : 'BUILD',
    subnets: network.subnets,
    shared: network.is_shared,
    'router:external': network.is_external,
    ...(network.is_external && { is_default: network.is_default }),
    mtu: network.mtu,
    port_security_enabled: network.port_security_enabled,
    dns_domain: network.dns_domain,
    availability_zone_hints: network.availability_zone_hints,
    availability_zones: network.subnets.length === 0 ? [] : ['nova'],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    'provider:network_type': network.network_type,
    'provider:physical_network': network.physical_network,
    'provider:segmentation_id': network.segmentation_id,
  };
}
