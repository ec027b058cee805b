import { available, canTake, type Amounts, type Stock } from '../placement/index.js';

/** A host as the scheduler sees it. */
export interface HostState {
  name: string;
  /** Its resource provider, and what operators call its hypervisor. */
  provider: string;
  hypervisorHostname: string;
  isUp: boolean;
  isEnabled: boolean;
  zone: string;
  stocks: Readonly<Record<string, Stock>>;
  traits: ReadonlySet<string>;
  /** Servers that are on it, as far as the request asks about them. */
  servers: ReadonlySet<string>;
  /** How many servers are on it. */
  serverCount: number;
}

export interface GroupRule {
  policy: 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity';
  maxPerHost: number;
  /** How many members are on each host that has any. */
  membersByHost: ReadonlyMap<string, number>;
}

export interface PlacementRequest {
  amounts: Amounts;
  zone: string | null;
  host: string | null;
  node: string | null;
  requiredTraits: readonly string[];
  forbiddenTraits: readonly string[];
  group: GroupRule | undefined;
  sameHost: readonly string[];
  differentHost: readonly string[];
}

export type Reason =
  | 'host-not-requested' | 'host-disabled' | 'host-down' | 'zone' | 'capacity' | 'trait-missing' | 'trait-forbidden' | 'group-affinity' | 'group-anti-affinity'
  | 'same-host' | 'different-host';

/** What a host lacks: the first constraint that it failed, with what was needed and what it has. */
export interface Rejection {
  reason: Reason;
  needed: unknown;
  available: unknown;
}

export type Verdict = { host: string; provider: string } & ({ outcome: 'suitable'; weight: number } | ({ outcome: 'rejected' } & Rejection));

/** The whole decision: the suitable hosts, best first, and why each other is none. */
export interface Decision {
  ranked: { host: string; provider: string; weight: number }[];
  verdicts: Verdict[];
}

/** Chooses hosts for a server: pure, so that a decision can be explained and repeated. */
export function decide(request: PlacementRequest, hosts: readonly HostState[]): Decision {
  const verdicts = hosts.map((host): Verdict => {
    const rejection = firstRejection(request, host);
    const { name, provider } = host;
    return rejection === undefined ? { host: name, provider, outcome: 'suitable', weight: weigh(request, host) } : { host: name, provider, outcome: 'rejected', ...rejection };
  });
  const ranked = verdicts.flatMap((verdict) => (verdict.outcome === 'suitable' ? [{ host: verdict.host, provider: verdict.provider, weight: verdict.weight }] : []));
  return { ranked: ranked.sort((a, b) => b.weight - a.weight || (a.host < b.host ? -1 : 1)), verdicts };
}

type Filter = (request: PlacementRequest, host: HostState) => Rejection | undefined;

/** In this order: what an operator or user asked for by name first, what may change by itself last. */
const filters: readonly Filter[] = [
  ({ host, node }, { name, hypervisorHostname }) =>
    reject((host !== null && host !== name) || (node !== null && node !== hypervisorHostname), 'host-not-requested', host ?? node, name),
  (_, { isEnabled }) => reject(!isEnabled, 'host-disabled', 'enabled', 'disabled'),
  (_, { isUp }) => reject(!isUp, 'host-down', 'up', 'down'),
  ({ zone }, host) => reject(zone !== null && zone !== host.zone, 'zone', zone, host.zone),
  ({ requiredTraits }, { traits }) => {
    const missing = requiredTraits.filter((trait) => !traits.has(trait));
    return reject(missing.length > 0, 'trait-missing', requiredTraits, missing);
  },
  ({ forbiddenTraits }, { traits }) => {
    const present = forbiddenTraits.filter((trait) => traits.has(trait));
    return reject(present.length > 0, 'trait-forbidden', forbiddenTraits, present);
  },
  ({ group }, { name }) =>
    reject(group?.policy === 'affinity' && group.membersByHost.size > 0 && membersOn(name, group) === 0, 'group-affinity', 'a host with members', 0),
  ({ group }, { name }) =>
    reject(group?.policy === 'anti-affinity' && membersOn(name, group) >= group.maxPerHost, 'group-anti-affinity', group?.maxPerHost, membersOn(name, group)),
  ({ sameHost }, { servers }) => reject(sameHost.length > 0 && !sameHost.some((id) => servers.has(id)), 'same-host', sameHost, [...servers]),
  ({ differentHost }, { servers }) => reject(differentHost.some((id) => servers.has(id)), 'different-host', differentHost, [...servers]),
  ({ amounts }, { stocks }) => {
    const lacking = Object.entries(amounts).filter(([name, amount]) => stocks[name] === undefined || !canTake(stocks[name], amount)).map(([name]) => name);
    const has = Object.fromEntries(lacking.map((name) => [name, stocks[name] === undefined ? 0 : Math.max(0, available(stocks[name]))]));
    return reject(lacking.length > 0, 'capacity', Object.fromEntries(lacking.map((name) => [name, amounts[name]])), has);
  },
];

function reject(isRejected: boolean, reason: Reason, needed: unknown, has: unknown): Rejection | undefined {
  return isRejected ? { reason, needed: needed ?? null, available: has ?? null } : undefined;
}

function firstRejection(request: PlacementRequest, host: HostState): Rejection | undefined {
  for (const filter of filters) {
    const rejection = filter(request, host);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

/** Larger than any memory in MiB: a group's wish goes before free memory. */
const GROUP_WEIGHT = 1e9;

/** Most free memory first, then fewest servers; soft group rules come before both. */
function weigh({ group }: PlacementRequest, host: HostState): number {
  const memory = host.stocks['MEMORY_MB'];
  const free = memory === undefined ? 0 : available(memory);
  return softWish(group) * membersOn(host.name, group) * GROUP_WEIGHT + free - host.serverCount / 1_000_000;
}

function softWish(group: GroupRule | undefined): number {
  if (group?.policy === 'soft-affinity') return 1;
  return group?.policy === 'soft-anti-affinity' ? -1 : 0;
}

function membersOn(host: string, group: GroupRule | undefined): number {
  return group?.membersByHost.get(host) ?? 0;
}

const words: Readonly<Record<Reason, string>> = {
  'host-not-requested': 'not the requested host', 'host-disabled': 'disabled', 'host-down': 'not reachable', zone: 'in another availability zone',
  capacity: 'without enough free capacity', 'trait-missing': 'without a required trait', 'trait-forbidden': 'with a forbidden trait',
  'group-affinity': 'apart from the server group', 'group-anti-affinity': 'already used by the server group', 'same-host': 'not the host of the named servers',
  'different-host': 'the host of a server to be avoided',
};

/** How many hosts failed for each reason, most first: what a tenant may know of a decision. */
export function reasonClasses({ verdicts }: Pick<Decision, 'verdicts'>): { reason: Reason; hosts: number; description: string }[] {
  const counts = new Map<Reason, number>();
  for (const verdict of verdicts) if (verdict.outcome === 'rejected') counts.set(verdict.reason, (counts.get(verdict.reason) ?? 0) + 1);
  return [...counts].map(([reason, hosts]) => ({ reason, hosts, description: words[reason] })).sort((a, b) => b.hosts - a.hosts || (a.reason < b.reason ? -1 : 1));
}

/** One sentence about why no host will do. */
export function whyNone(decision: Pick<Decision, 'verdicts'>): string {
  const total = decision.verdicts.length;
  if (total === 0) return 'There are no hosts.';
  const parts = reasonClasses(decision).map(({ hosts, description }) => `${hosts} ${description}`);
  return `Of ${total} ${total === 1 ? 'host' : 'hosts'}: ${parts.join(', ')}.`;
}
