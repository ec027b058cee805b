import type { Stock } from '../ledger.js';
import { findCandidates, type CandidateProvider, type CandidateRequest, type RequestGroup } from './candidates.js';
import { NO_TRAIT_RULES } from './queries.js';

const stock = (total: number): Stock => ({ total, reserved: 0, minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio: 1, used: 0 });
const provider = (uuid: string, resources: Record<string, number>, more: { root?: string; parent?: string; traits?: string[]; aggregates?: string[] } = {}): CandidateProvider => ({
  uuid, parent: more.parent ?? null, root: more.root ?? uuid, stocks: new Map(Object.entries(resources).map(([name, total]) => [name, stock(total)])),
  traits: new Set(more.traits), aggregates: new Set(more.aggregates),
});
const group = (suffix: string, resources: Record<string, number>, more: Partial<RequestGroup> = {}): RequestGroup => ({
  suffix, resources, traits: NO_TRAIT_RULES, membership: { anyOf: [], noneOf: [] }, inTree: undefined, ...more,
});
const find = (groups: RequestGroup[], providers: CandidateProvider[], more: Partial<CandidateRequest> = {}): Record<string, unknown>[] =>
  findCandidates({ groups, isIsolated: false, sameSubtrees: [], rootTraits: NO_TRAIT_RULES, isNested: true, limit: 100, ...more }, providers)
    .map(({ allocations }) => Object.fromEntries(allocations));

describe('allocation candidates', () => {
  const tree = [
    provider('host', { VCPU: 4 }), provider('numa0', { MEMORY_MB: 100 }, { root: 'host', parent: 'host' }), provider('numa1', { MEMORY_MB: 200 }, { root: 'host', parent: 'host', traits: ['T'] }),
  ];

  it('combine providers of one tree, unless the client knows none', () => {
    expect(find([group('', { VCPU: 1, MEMORY_MB: 150 })], tree)).toEqual([{ host: { VCPU: 1 }, numa1: { MEMORY_MB: 150 } }]);
    expect(find([group('', { VCPU: 1, MEMORY_MB: 50 })], tree)).toHaveLength(2);
    expect(find([group('', { VCPU: 1, MEMORY_MB: 50 })], tree, { isNested: false })).toEqual([]);
    expect(find([group('', { VCPU: 1, MEMORY_MB: 50 })], tree, { limit: 1 })).toHaveLength(1);
  });

  it('never combine two trees', () => {
    expect(find([group('', { VCPU: 1, DISK_GB: 1 })], [provider('a', { VCPU: 1 }), provider('b', { DISK_GB: 1 })])).toEqual([]);
  });

  it('take from providers that share with a member of the tree', () => {
    const sharing = provider('store', { DISK_GB: 10 }, { traits: ['MISC_SHARES_VIA_AGGREGATE'], aggregates: ['x'] });
    const near = provider('near', { VCPU: 1 }, { aggregates: ['x'] });
    expect(find([group('', { VCPU: 1, DISK_GB: 1 })], [near, provider('far', { VCPU: 1 }), sharing])).toEqual([{ near: { VCPU: 1 }, store: { DISK_GB: 1 } }]);
  });

  it('meet a suffixed group with one provider, and its traits with that one', () => {
    expect(find([group('1', { MEMORY_MB: 50 }, { traits: { required: [['T']], forbidden: [] } })], tree)).toEqual([{ numa1: { MEMORY_MB: 50 } }]);
    expect(find([group('1', { MEMORY_MB: 50 }, { traits: { required: [], forbidden: ['T'] } })], tree)).toEqual([{ numa0: { MEMORY_MB: 50 } }]);
    expect(find([group('1', { MEMORY_MB: 50, VCPU: 1 })], tree)).toEqual([]);
  });

  it('keep groups apart where that is asked', () => {
    const groups = [group('1', { MEMORY_MB: 50 }), group('2', { MEMORY_MB: 50 })];
    expect(find(groups, tree)).toHaveLength(4);
    expect(find(groups, tree, { isIsolated: true })).toHaveLength(2);
  });

  it('have room for the sum of groups that meet', () => {
    expect(find([group('1', { MEMORY_MB: 60 }), group('2', { MEMORY_MB: 60 })], [tree[0] as CandidateProvider, tree[1] as CandidateProvider])).toEqual([]);
  });

  it('stay below one provider where groups are bound to a subtree', () => {
    const deep = [...tree, provider('gpu', { VGPU: 1 }, { root: 'host', parent: 'numa1' })];
    const groups = [group('_MEM', { MEMORY_MB: 50 }), group('_GPU', { VGPU: 1 })];
    expect(find(groups, deep)).toHaveLength(2);
    expect(find(groups, deep, { sameSubtrees: [['_MEM', '_GPU']] })).toEqual([{ numa1: { MEMORY_MB: 50 }, gpu: { VGPU: 1 } }]);
  });

  it('lie in wanted trees and aggregates; a root\'s aggregates count for its tree', () => {
    const inAggregate = [provider('r', { VCPU: 1 }, { aggregates: ['x'] }), provider('c', { MEMORY_MB: 1 }, { root: 'r', parent: 'r' }), provider('o', { VCPU: 1, MEMORY_MB: 1 })];
    const membership = { anyOf: [['x']], noneOf: [] };
    expect(find([group('', { VCPU: 1, MEMORY_MB: 1 }, { membership })], inAggregate)).toEqual([{ r: { VCPU: 1 }, c: { MEMORY_MB: 1 } }]);
    expect(find([group('1', { MEMORY_MB: 1 }, { membership })], inAggregate)).toEqual([]);
    expect(find([group('', { VCPU: 1 }, { membership: { anyOf: [], noneOf: ['x'] } })], inAggregate)).toEqual([{ o: { VCPU: 1 } }]);
    expect(find([group('', { VCPU: 1 }, { inTree: 'o' })], inAggregate)).toEqual([{ o: { VCPU: 1 } }]);
    expect(find([group('', { VCPU: 1 })], inAggregate, { rootTraits: { required: [['T']], forbidden: [] } })).toEqual([]);
  });

  it('are found in bounded time however many combinations there are', () => {
    const many = Array.from({ length: 60 }, (_, index) => provider(`p${index}`, { VCPU: 1 }, { root: 'p0', ...(index > 0 && { parent: 'p0' }) }));
    const groups = Array.from({ length: 8 }, (_, index) => group(`${index + 1}`, { VCPU: 1 }));
    expect(find(groups, many, { isIsolated: true, limit: 10 })).toHaveLength(10);
  });
});
