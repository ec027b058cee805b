import { whyNone } from '@virga/kernel';
import { fc } from '@virga/testing/fast-check';
import { canTake, type Stock } from '../placement/index.js';
import { decide, type HostState, type PlacementRequest } from './scheduler.js';

const stock = (total: number, used: number): Stock => ({ total, used, reserved: 0, minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio: 1 });

function host(name: string, more: Partial<HostState> = {}): HostState {
  return {
    name, provider: `rp-${name}`, hypervisorHostname: `${name}.example`, isUp: true, isEnabled: true, zone: 'nova', traits: new Set(), servers: new Set(),
    serverCount: 0, stocks: { VCPU: stock(8, 0), MEMORY_MB: stock(8192, 0), DISK_GB: stock(100, 0) }, ...more,
  };
}

const request: PlacementRequest = {
  amounts: { VCPU: 2, MEMORY_MB: 2048, DISK_GB: 10 }, zone: null, host: null, node: null, requiredTraits: [], forbiddenTraits: [], group: undefined, sameHost: [], differentHost: [],
};

describe('the scheduler', () => {
  it('prefers the host with the most free memory, then the one with the fewest servers', () => {
    const hosts = [
      host('full', { stocks: { ...host('x').stocks, MEMORY_MB: stock(8192, 5000) } }), host('busy', { serverCount: 3 }), host('idle'),
    ];
    expect(decide(request, hosts).ranked.map(({ candidate }) => candidate.name)).toEqual(['idle', 'busy', 'full']);
  });

  it.each([
    ['disabled', { isEnabled: false }, {}, 'host-disabled'],
    ['silent', { isUp: false }, {}, 'host-down'],
    ['elsewhere', { zone: 'east' }, { zone: 'nova' }, 'zone'],
    ['not asked for', {}, { host: 'other' }, 'host-not-requested'],
    ['another hypervisor', {}, { node: 'other.example' }, 'host-not-requested'],
    ['without a trait', {}, { requiredTraits: ['HW_CPU_X86_AVX2'] }, 'trait-missing'],
    ['with a bad trait', { traits: new Set(['SLOW']) }, { forbiddenTraits: ['SLOW'] }, 'trait-forbidden'],
    ['out of memory', { stocks: { ...host('x').stocks, MEMORY_MB: stock(8192, 7000) } }, {}, 'capacity'],
    ['without such a resource', {}, { amounts: { CUSTOM_GPU: 1 } }, 'capacity'],
    ['used by the group', {}, { group: { policy: 'anti-affinity', maxPerHost: 1, membersByHost: new Map([['h', 1]]) } }, 'group-anti-affinity'],
    ['apart from the group', {}, { group: { policy: 'affinity', maxPerHost: 1, membersByHost: new Map([['other', 1]]) } }, 'group-affinity'],
    ['a host to avoid', { servers: new Set(['a']) }, { differentHost: ['a'] }, 'different-host'],
    ['not the host wanted', {}, { sameHost: ['a'] }, 'same-host'],
  ] as [string, Partial<HostState>, Partial<PlacementRequest>, string][])('rejects a host that is %s, and says so', (_, state, wanted, reason) => {
    const decision = decide({ ...request, ...wanted }, [host('h', state)]);
    expect(decision.ranked).toEqual([]);
    expect(decision.verdicts).toEqual([expect.objectContaining({ outcome: 'rejected', reason })]);
  });

  it('says in one sentence why there is none', () => {
    expect(whyNone(decide(request, []), 'host')).toBe('There are no hosts.');
    expect(whyNone(decide(request, [host('a', { isUp: false }), host('b', { isUp: false }), host('c', { isEnabled: false })]), 'host')).toBe('Of 3 hosts: 2 not reachable, 1 disabled.');
  });

  it('says what was asked for and could not be had, but not by whom', () => {
    const [wanted, small] = [{ ...request, amounts: { VCPU: 4, MEMORY_MB: 2048 }, requiredTraits: ['HW_CPU_X86_AVX2'] }, { VCPU: stock(2, 1), MEMORY_MB: stock(8192, 8000) }];
    const fast = new Set(['HW_CPU_X86_AVX2']);
    const decision = decide(wanted, [host('a'), host('b', { traits: fast, stocks: small }), host('c', { traits: fast, stocks: { ...small, MEMORY_MB: stock(8192, 0) } }), host('d')]);
    expect(whyNone(decision, 'host')).toBe('Of 4 hosts: 2 without trait HW_CPU_X86_AVX2, 1 without room for 4 VCPU, 1 without room for 4 VCPU and 2048 MiB of memory.');
  });

  it('goes by a group\'s wish before anything else where it is only a wish', () => {
    const hosts = [host('empty'), host('theirs', { serverCount: 5 })];
    const group = (policy: 'soft-affinity' | 'soft-anti-affinity') => ({ group: { policy, maxPerHost: 1, membersByHost: new Map([['theirs', 2]]) } });
    expect(decide({ ...request, ...group('soft-affinity') }, hosts).ranked[0]?.candidate.name).toBe('theirs');
    expect(decide({ ...request, ...group('soft-anti-affinity') }, hosts).ranked[0]?.candidate.name).toBe('empty');
  });

  it('judges every host, and never ranks one that cannot take the server', () => {
    const anyHost = fc.record({ isUp: fc.boolean(), isEnabled: fc.boolean(), used: fc.nat(8192), zone: fc.constantFrom('nova', 'east') });
    fc.assert(fc.property(fc.array(anyHost, { maxLength: 12 }), fc.nat(9000), (states, memory) => {
      const hosts = states.map(({ used, ...state }, index) => host(`h${index}`, { ...state, stocks: { MEMORY_MB: stock(8192, used) } }));
      const wanted = { ...request, amounts: { MEMORY_MB: memory + 1 }, zone: 'nova' };
      const { ranked, verdicts } = decide(wanted, hosts);
      expect(verdicts).toHaveLength(hosts.length);
      for (const { candidate: chosen } of ranked) {
        expect(chosen).toMatchObject({ isUp: true, isEnabled: true, zone: 'nova' });
        expect(canTake(chosen.stocks['MEMORY_MB'] as Stock, memory + 1)).toBe(true);
      }
    }));
  });
});
