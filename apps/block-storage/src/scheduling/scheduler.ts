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

/** What a backend lacks: the first constraint that it failed, with what was needed and what it has. */
export interface Rejection {
  reason: Reason;
  needed: unknown;
  available: unknown;
}

export type Verdict = { backend: string } & ({ outcome: 'suitable'; weight: number } | ({ outcome: 'rejected' } & Rejection));

/** The whole decision: the suitable backends, best first, and why each other is none. */
export interface Decision {
  ranked: { backend: string; weight: number }[];
  verdicts: Verdict[];
}

/** Chooses backends for a volume: pure, so that a decision can be explained and repeated. */
export function decide(request: PlacementRequest, backends: readonly BackendState[]): Decision {
  const verdicts = backends.map((state): Verdict => {
    const rejection = firstRejection(request, state);
    return rejection === undefined ? { backend: state.name, outcome: 'suitable', weight: weigh(state) } : { backend: state.name, outcome: 'rejected', ...rejection };
  });
  const ranked = verdicts.flatMap((verdict) => (verdict.outcome === 'suitable' ? [{ backend: verdict.backend, weight: verdict.weight }] : []));
  return { ranked: ranked.sort((a, b) => b.weight - a.weight || (a.backend < b.backend ? -1 : 1)), verdicts };
}

type Filter = (request: PlacementRequest, state: BackendState) => Rejection | undefined;

const filters: readonly Filter[] = [
  ({ onlyOn }, { name }) => reject(onlyOn !== undefined && !onlyOn.includes(name), 'not-the-source', onlyOn, name),
  ({ notOn }, { name }) => reject(notOn.includes(name), 'avoided', notOn, name),
  (_, { isUp }) => reject(!isUp, 'host-down', true, false),
  (_, { isAvailable }) => reject(!isAvailable, 'unavailable', true, false),
  (_, { isEnabled }) => reject(!isEnabled, 'disabled', true, false),
  (_, { isFrozen }) => reject(isFrozen, 'frozen', false, true),
  ({ zone }, state) => reject(zone !== null && zone !== state.zone, 'zone', zone, state.zone),
  ({ extraSpecs }, state) => {
    const zones = zonesOf(extraSpecs);
    return reject(zones !== undefined && !zones.includes(state.zone), 'zone', zones, state.zone);
  },
  ({ extraSpecs }, state) => {
    const facts = factsOf(state);
    const unmet = unmetExtraSpec(facts, extraSpecs);
    return reject(unmet !== undefined, 'type', unmet && { [unmet]: extraSpecs[unmet] }, facts);
  },
  ({ isEncrypted }, { capabilities }) => reject(isEncrypted && !capabilities.isEncrypting, 'encryption', true, false),
  ({ isMultiattach }, { capabilities }) => reject(isMultiattach && !capabilities.isMultiattach, 'multiattach', true, false),
  ({ sizeGibibytes }, state) => {
    const room = roomIn(state);
    return reject(room.free < sizeGibibytes, 'capacity', sizeGibibytes, Math.max(0, Math.floor(room.free)));
  },
  ({ sizeGibibytes }, state) => {
    const room = roomIn(state);
    return reject(room.unpromised < sizeGibibytes, 'over-subscription', sizeGibibytes, Math.max(0, Math.floor(room.unpromised)));
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

function reject(isRejected: boolean, reason: Reason, needed: unknown, has: unknown): Rejection | undefined {
  return isRejected ? { reason, needed: needed ?? null, available: has ?? null } : undefined;
}

function firstRejection(request: PlacementRequest, state: BackendState): Rejection | undefined {
  for (const filter of filters) {
    const rejection = filter(request, state);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

/** Most room first, then fewest volumes. */
function weigh(state: BackendState): number {
  const { free, unpromised } = roomIn(state);
  return Math.min(free, unpromised) - state.volumeCount / 1_000_000;
}

const words: Readonly<Record<Reason, string>> = {
  'not-the-source': 'without what the volume is made from', avoided: 'to be avoided', 'host-down': 'not reachable', unavailable: 'out of order',
  disabled: 'disabled', frozen: 'frozen', zone: 'in another availability zone', type: 'without what the volume type asks for',
  encryption: 'unable to encrypt', multiattach: 'unable to attach a volume several times', capacity: 'without enough free capacity',
  'over-subscription': 'promised to others as far as is allowed',
};

/** How many backends failed for each reason, most first: what a tenant may know of a decision. */
export function reasonClasses({ verdicts }: Pick<Decision, 'verdicts'>): { reason: Reason; backends: number; description: string }[] {
  const counts = new Map<Reason, number>();
  for (const verdict of verdicts) if (verdict.outcome === 'rejected') counts.set(verdict.reason, (counts.get(verdict.reason) ?? 0) + 1);
  return [...counts].map(([reason, backends]) => ({ reason, backends, description: words[reason] })).sort((a, b) => b.backends - a.backends || (a.reason < b.reason ? -1 : 1));
}

/** One sentence about why no backend will do. */
export function whyNone(decision: Pick<Decision, 'verdicts'>): string {
  const total = decision.verdicts.length;
  if (total === 0) return 'There are no backends.';
  const parts = reasonClasses(decision).map(({ backends, description }) => `${backends} ${description}`);
  return `Of ${total} ${total === 1 ? 'backend' : 'backends'}: ${parts.join(', ')}.`;
}
