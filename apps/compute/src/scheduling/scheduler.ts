import { choose, type Choice, type Constraint, type Rejection } from '@virga/kernel';
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

export type Decision = Choice<HostState, Reason>;

/** Chooses hosts for a server. */
export function decide(request: PlacementRequest, hosts: readonly HostState[]): Decision {
  return choose(request, hosts, { constraints, weigh });
}

/** In this order: what an operator or user asked for by name first, what may change by itself last. */
const constraints: readonly Constraint<PlacementRequest, HostState, Reason>[] = [
  ({ host, node }, { name, hypervisorHostname }) =>
    reject((host !== null && host !== name) || (node !== null && node !== hypervisorHostname), 'host-not-requested', host ?? node, name, 'not the requested host'),
  (_, { isEnabled }) => reject(!isEnabled, 'host-disabled', 'enabled', 'disabled', 'disabled'),
  (_, { isUp }) => reject(!isUp, 'host-down', 'up', 'down', 'not reachable'),
  ({ zone }, host) => reject(zone !== null && zone !== host.zone, 'zone', zone, host.zone, 'in another availability zone'),
  ({ requiredTraits }, { traits }) => {
    const missing = requiredTraits.filter((trait) => !traits.has(trait));
    return reject(missing.length > 0, 'trait-missing', requiredTraits, missing, `without trait ${missing.join(', ')}`);
  },
  ({ forbiddenTraits }, { traits }) => {
    const present = forbiddenTraits.filter((trait) => traits.has(trait));
    return reject(present.length > 0, 'trait-forbidden', forbiddenTraits, present, `with trait ${present.join(', ')}, which is not wanted`);
  },
  ({ group }, { name }) =>
    reject(group?.policy === 'affinity' && group.membersByHost.size > 0 && membersOn(name, group) === 0, 'group-affinity', 'a host with members', 0, 'apart from the server group'),
  ({ group }, { name }) =>
    reject(group?.policy === 'anti-affinity' && membersOn(name, group) >= group.maxPerHost, 'group-anti-affinity', group?.maxPerHost, membersOn(name, group), 'already used by the server group'),
  ({ sameHost }, { servers }) => reject(sameHost.length > 0 && !sameHost.some((id) => servers.has(id)), 'same-host', sameHost, [...servers], 'not the host of the named servers'),
  ({ differentHost }, { servers }) => reject(differentHost.some((id) => servers.has(id)), 'different-host', differentHost, [...servers], 'the host of a server to be avoided'),
  ({ amounts }, { stocks }) => {
    const lacking = Object.entries(amounts).filter(([name, amount]) => stocks[name] === undefined || !canTake(stocks[name], amount)).map(([name]) => name);
    const has = Object.fromEntries(lacking.map((name) => [name, stocks[name] === undefined ? 0 : Math.max(0, available(stocks[name]))]));
    const needed = Object.fromEntries(lacking.map((name) => [name, amounts[name] ?? 0]));
    return reject(lacking.length > 0, 'capacity', needed, has, `without room for ${amountsInWords(needed)}`);
  },
];

function reject(isRejected: boolean, reason: Reason, needed: unknown, has: unknown, description: string): Rejection<Reason> | undefined {
  return isRejected ? { reason, needed: needed ?? null, available: has ?? null, description } : undefined;
}

const units: Readonly<Record<string, string>> = { MEMORY_MB: 'MiB of memory', DISK_GB: 'GiB of disk' };

/** `4 VCPU and 512 MiB of memory` */
export function amountsInWords(amounts: Amounts): string {
  return new Intl.ListFormat('en').format(Object.entries(amounts).map(([name, amount]) => `${amount} ${units[name] ?? name}`));
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
