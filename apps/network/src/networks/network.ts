import { Conflict, NotFound } from '@virga/kernel';
import { InvalidInput } from '../listing/index.js';
import type { Standard } from '../resources/index.js';

/** A network as read. */
export interface Network extends Standard {
  name: string;
  admin_state_up: boolean;
  is_shared: boolean;
  is_external: boolean;
  is_default: boolean;
  port_security_enabled: boolean;
  mtu: number;
  dns_domain: string;
  availability_zone_hints: string[];
  network_type: string;
  physical_network: string | null;
  segmentation_id: number | null;
  subnets: string[];
  /** Whether the backend has been told of it. */
  is_realized: boolean;
}

export class NetworkNotFound extends NotFound {
  constructor(id: string) {
    super('network.network.not-found', `Network ${id} could not be found.`);
  }
}

export class NetworkInUse extends Conflict {
  constructor(id: string) {
    super('network.network.in-use', `Unable to complete operation on network ${id}. There are one or more ports still in use on the network.`);
  }
}

export class FlatNetworkInUse extends Conflict {
  constructor() {
    super('network.network.segment-in-use', 'The physical network, or this segment of it, is in use by another network.');
  }
}

/** What carries a network, as users ask for it. */
export interface ProviderRequest {
  type: string | undefined;
  physicalNetwork: string | undefined;
  segmentationId: number | undefined;
}

/** What carries a network; a missing segment is to be chosen. */
export interface Segment {
  network_type: 'geneve' | 'flat' | 'vlan';
  physical_network: string | null;
  segmentation_id: number | null;
}

/** What is left of an Ethernet frame of 1500 bytes inside a Geneve tunnel with OVN's options (over IPv4). */
export const TUNNEL_MTU = 1442;
export const PHYSICAL_MTU = 1500;
/** RFC 791: no network may have less. */
export const LEAST_MTU = 68;

/** Reads the provider attributes (extension `provider`). Throws `InvalidInput`. */
export function segmentOf(request: ProviderRequest, physicalNetworks: readonly string[]): Segment {
  const { type = 'geneve', physicalNetwork } = request;
  if (type === 'geneve') return tunnelSegment(request);
  if (type !== 'flat' && type !== 'vlan') throw new InvalidInput(`Invalid input for operation: provider:network_type ${type} not supported.`);
  if (physicalNetwork === undefined) throw new InvalidInput(`Invalid input for operation: provider:physical_network required for ${type} provider network.`);
  if (!physicalNetworks.includes(physicalNetwork)) throw new InvalidInput(`Invalid input for operation: physical_network '${physicalNetwork}' unknown for ${type} provider network.`);
  return { network_type: type, physical_network: physicalNetwork, segmentation_id: type === 'flat' ? untagged(request) : tagOf(request) };
}

function tunnelSegment({ physicalNetwork, segmentationId }: ProviderRequest): Segment {
  if (physicalNetwork !== undefined) throw new InvalidInput('Invalid input for operation: provider:physical_network specified for geneve network.');
  if (segmentationId !== undefined) requireBetween(segmentationId, 1, 16_777_215);
  return { network_type: 'geneve', physical_network: null, segmentation_id: segmentationId ?? null };
}

function untagged({ segmentationId }: ProviderRequest): null {
  if (segmentationId !== undefined) throw new InvalidInput('Invalid input for operation: provider:segmentation_id specified for flat network.');
  return null;
}

function tagOf({ segmentationId }: ProviderRequest): number {
  if (segmentationId === undefined) throw new InvalidInput('Invalid input for operation: provider:segmentation_id required for vlan provider network.');
  requireBetween(segmentationId, 1, 4094);
  return segmentationId;
}

export function requireMtu(mtu: number): number {
  if (mtu < LEAST_MTU || mtu > 65_535) throw new InvalidInput(`Invalid input for operation: Requested MTU is out of range: ${mtu} is not between ${LEAST_MTU} and 65535.`);
  return mtu;
}

function requireBetween(id: number, least: number, most: number): void {
  if (id < least || id > most) throw new InvalidInput(`Invalid input for operation: segmentation_id out of range (${least} through ${most}).`);
}
