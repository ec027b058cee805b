import { fc } from '@virga/testing/fast-check';
import { assignGateways } from './gateways.js';

const hosts = (...names: string[]): Set<string> => new Set(names);
const names = (list: readonly { chassis: string }[]): string[] => list.map(({ chassis }) => chassis);

describe('choosing the hosts of a gateway', () => {
  it('takes up to five, each with a priority of its own, the same ones whoever chooses', () => {
    const many = hosts('a', 'b', 'c', 'd', 'e', 'f', 'g');
    const chosen = assignGateways('port', [], many, many);
    expect(chosen).toHaveLength(5);
    expect(new Set(chosen.map(({ priority }) => priority)).size).toBe(5);
    expect(assignGateways('port', [], new Set([...many].reverse()), many)).toEqual(chosen);
  });

  it('spreads ports over hosts', () => {
    const many = hosts('a', 'b', 'c', 'd');
    const first = Array.from({ length: 200 }, (_, port) => names(assignGateways(`port-${port}`, [], many, many))[0]!);
    for (const host of many) expect(first.filter((each) => each === host).length).toBeGreaterThan(25);
  });

  it('never moves a gateway because a host joins', () => {
    const before = assignGateways('port', [], hosts('a', 'b'), hosts('a', 'b'));
    const after = assignGateways('port', before, hosts('a', 'b', 'c'), hosts('a', 'b', 'c'));
    expect(after.slice(0, 2)).toEqual(before);
    expect(names(after)[2]).toBe('c');
  });

  it('keeps the place of a host that is away, but not of one that lost the network', () => {
    const before = assignGateways('port', [], hosts('a', 'b'), hosts('a', 'b'));
    expect(assignGateways('port', before, hosts('b'), hosts('b'))).toEqual(before);
    expect(names(assignGateways('port', before, hosts('b'), hosts('a', 'b')))).toEqual(['b']);
  });

  it('gives the place of one that is away to one that is there, when there are too many', () => {
    const old = hosts('a', 'b', 'c', 'd', 'e');
    const before = assignGateways('port', [], old, old);
    const after = assignGateways('port', before, hosts('b', 'c', 'd', 'e', 'f'), hosts('b', 'c', 'd', 'e', 'f'));
    expect(names(after).sort()).toEqual(['b', 'c', 'd', 'e', 'f']);
  });

  it('settles: choosing again changes nothing, whatever came before', () => {
    const some = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')).map((list) => new Set<string>(list));
    fc.assert(fc.property(fc.array(fc.tuple(some, some), { minLength: 1, maxLength: 30 }), (history) => {
      let current: ReturnType<typeof assignGateways> = [];
      for (const [present, subset] of history) {
        const candidates = new Set<string>([...subset].filter((each) => new Set<string>(present).has(each)));
        current = assignGateways('port', current, candidates, present);
        expect(assignGateways('port', current, candidates, present)).toEqual(current);
        expect(new Set(current.map(({ priority }) => priority)).size).toBe(current.length);
        expect(current.every(({ priority }) => priority > 0 && priority <= 32_767)).toBe(true);
        expect(current.length).toBeLessThanOrEqual(5);
        if (candidates.size > 0) expect(current.some(({ chassis }) => candidates.has(chassis))).toBe(true);
      }
    }));
  });
});
