import { choose, type Choice, type Constraint, type Rejection } from '@virga/kernel';
import type { BackendCapabilities } from '../backends/index.js';
import { unmetExtraSpec, zonesOf, type ExtraSpecs } from '../volume-types/index.js';

/** A backend as the scheduler sees it. */
export interface BackendState {
  name: string;
  host: string;
  backend: string;
  kind: string;
  zone: string;
  isUp: boolean;
  isAvailable: boolean;
  isEnabled: boolean;
  isFrozen: boolean;
  totalGibibytes: number;
  freeGibibytes: number;
  /** What volumes and snapshots were promised there: the larger of our sum and the host's. */
  provisionedGibibytes: number;
  reservedPercentage: number;
  maxOverSubscriptionRatio: number;
  capabilities: BackendCapabilities;
  /** How many volumes are on it. */
  volumeCount: number;
}

export interface PlacementRequest {
  sizeGibibytes: number;
  zone: string | null;
  /** The only backends that will do: those of a snapshot or volume that it is made from; undefined where all may. */
  onlyOn: readonly string[] | undefined;
  /** Backends that must not be chosen. */
  notOn: readonly string[];
  /** What the volume's type asks of a backend. */
  extraSpecs: ExtraSpecs;
  isEncrypted: boolean;
  isMultiattach: boolean;
}

export type Reason =
  | 'not-the-source' | 'avoided' | 'host-down' | 'unavailable' | 'disabled' | 'frozen' | 'zone' | 'type' | 'encryption' | 'multiattach' | 'capacity' | 'over-subscription';

export type Decision = Choice<BackendState, Reason>;

/** Chooses backends for a volume. */
export function decide(request: PlacementRequest, backends: readonly BackendState[]): Decision {
  return choose(request, backends, { constraints, weigh });
}

const constraints: readonly Constraint<PlacementRequest, BackendState, Reason>[] = [
  ({ onlyOn }, { name }) => reject(onlyOn !== undefined && !onlyOn.includes(name), 'not-the-source', onlyOn, name, 'without what the volume is made from'),
  ({ notOn }, { name }) => reject(notOn.includes(name), 'avoided', notOn, name, 'to be avoided'),
  (_, { isUp }) => reject(!isUp, 'host-down', true, false, 'not reachable'),
  (_, { isAvailable }) => reject(!isAvailable, 'unavailable', true, false, 'out of order'),
  (_, { isEnabled }) => reject(!isEnabled, 'disabled', true, false, 'disabled'),
  (_, { isFrozen }) => reject(isFrozen, 'frozen', false, true, 'frozen'),
  ({ zone }, state) => reject(zone !== null && zone !== state.zone, 'zone', zone, state.zone, 'in another availability zone'),
  ({ extraSpecs }, state) => {
    const zones = zonesOf(extraSpecs);
    return reject(zones !== undefined && !zones.includes(state.zone), 'zone', zones, state.zone, 'in another availability zone');
  },
  ({ extraSpecs }, state) => {
    const facts = factsOf(state);
    const unmet = unmetExtraSpec(facts, extraSpecs);
    return reject(unmet !== undefined, 'type', unmet && { [unmet]: extraSpecs[unmet] }, facts, 'without what the volume type asks for');
  },
  ({ isEncrypted }, { capabilities }) => reject(isEncrypted && !capabilities.isEncrypting, 'encryption', true, false, 'unable to encrypt'),
  ({ isMultiattach }, { capabilities }) => reject(isMultiattach && !capabilities.isMultiattach, 'multiattach', true, false, 'unable to attach a volume several times'),
  ({ sizeGibibytes }, state) => {
    const room = roomIn(state);
    return reject(room.free < sizeGibibytes, 'capacity', sizeGibibytes, Math.max(0, Math.floor(room.free)), `without room for ${sizeGibibytes} GiB`);
  },
  ({ sizeGibibytes }, state) => {
    const room = roomIn(state);
    return reject(room.unpromised < sizeGibibytes, 'over-subscription', sizeGibibytes, Math.max(0, Math.floor(room.unpromised)), `that may promise no ${sizeGibibytes} GiB more`);
  },
];

/**
 * How much may still be given away (Cinder's capacity filter): of what is free, less what is reserved; where volumes are thin, as often
 * over as the operator allows, and never more than that in all.
 */
export function roomIn({ totalGibibytes, freeGibibytes, provisionedGibibytes, reservedPercentage, maxOverSubscriptionRatio, capabilities }: BackendState): { free: number; unpromised: number } {
  const free = freeGibibytes - totalGibibytes * (reservedPercentage / 100);
  const usable = totalGibibytes * (1 - reservedPercentage / 100);
  if (!capabilities.isThin) return { free: Math.min(free, usable - provisionedGibibytes), unpromised: Number.POSITIVE_INFINITY };
  return { free: free * maxOverSubscriptionRatio, unpromised: usable * maxOverSubscriptionRatio - provisionedGibibytes };
}

/** What extra specs may ask for, by Cinder's names of capabilities. */
export function factsOf({ backend, kind, capabilities, freeGibibytes, totalGibibytes, zone }: Pick<
  BackendState, 'backend' | 'kind' | 'capabilities' | 'freeGibibytes' | 'totalGibibytes' | 'zone'
>): Record<string, string | number | boolean> {
  const { isThin, isEncrypting, growsAttached, snapshotsTogether, isMultiattach } = capabilities;
  return {
    volume_backend_name: backend, vendor_name: 'Virga', storage_protocol: kind === 'rbd' ? 'ceph' : 'nbd', driver: kind, pool_name: backend,
    thin_provisioning_support: isThin, thick_provisioning_support: !isThin, multiattach: isMultiattach, online_extend_support: growsAttached,
    consistent_group_snapshot_enabled: snapshotsTogether, encryption: isEncrypting, replication_enabled: false, backend_state: 'up', QoS_support: true,
    free_capacity_gb: freeGibibytes, total_capacity_gb: totalGibibytes, availability_zone: zone,
  };
}

function reject(isRejected: boolean, reason: Reason, needed: unknown, has: unknown, description: string): Rejection<Reason> | undefined {
  return isRejected ? { reason, needed: needed ?? null, available: has ?? null, description } : undefined;
}

/** Most room first, then fewest volumes. */
function weigh(_: PlacementRequest, state: BackendState): number {
  const { free, unpromised } = roomIn(state);
  return Math.min(free, unpromised) - state.volumeCount / 1_000_000;
}
