import { available, canTake, type Amounts, type Stock } from '../ledger.js';
import type { Membership, TraitRules } from './queries.js';
import { SHARES_VIA_AGGREGATE } from './standard-names.js';

/** A provider as candidates are made of it. */
export interface CandidateProvider {
  uuid: string;
  parent: string | null;
  root: string;
  stocks: ReadonlyMap<string, Stock>;
  traits: ReadonlySet<string>;
  aggregates: ReadonlySet<string>;
}

/** Resources that belong together. With a suffix one provider gives them all; without one each class may come from another. */
export interface RequestGroup {
  suffix: string;
  resources: Amounts;
  traits: TraitRules;
  membership: Membership;
  /** Root of the tree that the providers must be in. */
  inTree: string | undefined;
}

export interface CandidateRequest {
  groups: readonly RequestGroup[];
  /** Groups with a suffix come from different providers. */
  isIsolated: boolean;
  /** Suffixes of groups of whose providers one must be above, or be, all the others. */
  sameSubtrees: readonly string[][];
  rootTraits: TraitRules;
  /** Whether providers of one tree may be combined; older clients know single providers and sharing ones only. */
  isNested: boolean;
  limit: number;
}

/** One way to meet a request. */
export interface Candidate {
  allocations: ReadonlyMap<string, Amounts>;
  /** Which providers serve which group, by suffix. */
  mappings: ReadonlyMap<string, readonly string[]>;
}

/** How many choices are tried for one request: more would keep the process from answering others. Too few: a far-off way is not found. */
const MAX_CHOICES = 100_000;
/** The same for the ways in which one tree can serve one group. */
const MAX_OPTIONS = 10_000;

interface Pick {
  suffix: string;
  provider: CandidateProvider;
  amounts: Amounts;
}

interface Tree {
  root: CandidateProvider;
  /** The tree's own providers, and those that share with it. */
  pool: readonly CandidateProvider[];
}

/** Finds up to `limit` different ways to meet the request. Pure. */
export function findCandidates(request: CandidateRequest, providers: readonly CandidateProvider[]): Candidate[] {
  const all = new Map(providers.map((provider) => [provider.uuid, provider]));
  const found = new Map<string, Candidate>();
  let choices = 0;
  /** Whether a part of a choice can become a whole one: what cannot is not followed any further. */
  const isPossible = (chosen: readonly Pick[][]): boolean => {
    choices += 1;
    const picks = chosen.flat();
    return choices <= MAX_CHOICES && hasRoom(allocationsOf(picks), all) && (!request.isIsolated || isIsolated(picks));
  };
  for (const tree of treesOf(providers, all, request.isNested)) {
    if (!meetsTraits([tree.root], request.rootTraits)) continue;
    const options = request.groups.map((group) => take(optionsFor(group, tree, all), MAX_OPTIONS));
    for (const picks of product(options, isPossible)) {
      if (found.size >= request.limit) return [...found.values()];
      const candidate = candidateOf(picks.flat(), request);
      if (request.sameSubtrees.every((suffixes) => isSubtree(suffixes.flatMap((suffix) => candidate.mappings.get(suffix) ?? []), all))) found.set(keyOf(candidate), candidate);
    }
  }
  return [...found.values()];
}

function* treesOf(providers: readonly CandidateProvider[], all: ReadonlyMap<string, CandidateProvider>, isNested: boolean): Iterable<Tree> {
  const members = Map.groupBy(providers, ({ uuid, root }) => (isNested ? root : uuid));
  const sharers = providers.filter(({ traits }) => traits.has(SHARES_VIA_AGGREGATE));
  for (const [rootId, own] of members) {
    const root = all.get(rootId);
    if (root === undefined) continue;
    const near = new Set(own.flatMap(({ aggregates }) => [...aggregates]));
    yield { root, pool: [...own, ...sharers.filter((sharer) => !own.includes(sharer) && [...sharer.aggregates].some((aggregate) => near.has(aggregate)))] };
  }
}

function take<Entry>(entries: Iterable<Entry>, most: number): Entry[] {
  const taken: Entry[] = [];
  for (const entry of entries) if (taken.push(entry) >= most) break;
  return taken;
}

/** The ways in which a tree can serve one group. */
function* optionsFor(group: RequestGroup, { pool }: Tree, all: ReadonlyMap<string, CandidateProvider>): Iterable<Pick[]> {
  const usable = pool.filter((provider) => isUsable(group, provider, all));
  const classes = Object.entries(group.resources);
  if (group.suffix !== '') {
    for (const provider of usable) {
      const canGiveAll = classes.every(([name, amount]) => canGive(provider, name, amount));
      if (canGiveAll && meetsTraits([provider], group.traits)) yield [{ suffix: group.suffix, provider, amounts: group.resources }];
    }
    return;
  }
  const perClass = classes.map(([name, amount]) => usable.filter((provider) => canGive(provider, name, amount)).map((provider): Pick => ({ suffix: '', provider, amounts: { [name]: amount } })));
  for (const picks of product(perClass)) if (meetsTraits(picks.map(({ provider }) => provider), group.traits)) yield [...picks];
}

/** What of a provider alone tells that it may take part: its tree, its aggregates, and traits that must not be there. */
function isUsable({ suffix, inTree, membership, traits }: RequestGroup, provider: CandidateProvider, all: ReadonlyMap<string, CandidateProvider>): boolean {
  if (inTree !== undefined && provider.root !== inTree) return false;
  if (traits.forbidden.some((name) => provider.traits.has(name))) return false;
  // A root's aggregates count for its whole tree, unless the group is bound to one provider.
  const root = suffix === '' ? all.get(provider.root)?.aggregates ?? [] : [];
  const own = new Set([...provider.aggregates, ...root]);
  return membership.anyOf.every((aggregates) => aggregates.some((aggregate) => own.has(aggregate))) && !membership.noneOf.some((aggregate) => own.has(aggregate));
}

function canGive({ stocks }: CandidateProvider, name: string, amount: number): boolean {
  const stock = stocks.get(name);
  return stock !== undefined && canTake(stock, amount);
}

/** Whether the providers together have what is required, and none of them what is forbidden. */
function meetsTraits(providers: readonly CandidateProvider[], { required, forbidden }: TraitRules): boolean {
  const has = (name: string): boolean => providers.some(({ traits }) => traits.has(name));
  return required.every((names) => names.some(has)) && !forbidden.some(has);
}

function candidateOf(picks: readonly Pick[], request: CandidateRequest): Candidate {
  const mappings = new Map<string, string[]>(request.groups.map(({ suffix }) => [suffix, []]));
  for (const { suffix, provider } of picks) {
    const serving = mappings.get(suffix) ?? [];
    if (!serving.includes(provider.uuid)) mappings.set(suffix, [...serving, provider.uuid]);
  }
  return { allocations: allocationsOf(picks), mappings };
}

function allocationsOf(picks: readonly Pick[]): Map<string, Amounts> {
  const allocations = new Map<string, Record<string, number>>();
  for (const { provider, amounts } of picks) {
    for (const [name, amount] of Object.entries(amounts)) {
      const own = allocations.get(provider.uuid) ?? {};
      allocations.set(provider.uuid, { ...own, [name]: (own[name] ?? 0) + amount });
    }
  }
  return allocations;
}

/** Groups may meet at one provider: it must have room for their sum. */
function hasRoom(allocations: ReadonlyMap<string, Amounts>, all: ReadonlyMap<string, CandidateProvider>): boolean {
  return [...allocations].every(([uuid, amounts]) => Object.entries(amounts).every(([name, amount]) => {
    const stock = all.get(uuid)?.stocks.get(name);
    return stock !== undefined && amount <= stock.maxUnit && amount <= available(stock);
  }));
}

function isIsolated(picks: readonly Pick[]): boolean {
  const apart = picks.filter(({ suffix, amounts }) => suffix !== '' && Object.keys(amounts).length > 0).map(({ provider }) => provider.uuid);
  return new Set(apart).size === apart.length;
}

function isSubtree(uuids: readonly string[], all: ReadonlyMap<string, CandidateProvider>): boolean {
  return uuids.some((top) => uuids.every((uuid) => isBelow(uuid, top, all)));
}

function isBelow(uuid: string, top: string, all: ReadonlyMap<string, CandidateProvider>): boolean {
  for (let at: string | null | undefined = uuid; typeof at === 'string'; at = all.get(at)?.parent) if (at === top) return true;
  return false;
}

function keyOf({ allocations, mappings }: Candidate): string {
  return JSON.stringify([[...allocations].sort(), [...mappings].sort()]);
}

/** Every choice of one entry of each list whose beginnings are all possible, lazily. */
function* product<Entry>(lists: readonly (readonly Entry[])[], isPossible: (chosen: readonly Entry[]) => boolean = () => true, chosen: readonly Entry[] = []): Iterable<readonly Entry[]> {
  const [first, ...rest] = lists;
  if (first === undefined) {
    yield chosen;
    return;
  }
  for (const entry of first) {
    const next = [...chosen, entry];
    if (isPossible(next)) yield* product(rest, isPossible, next);
  }
}
