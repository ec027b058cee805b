import { fc } from '@virga/testing/fast-check';
import { expiredOf, mayBuildOnLast, type StandingProduct } from './retention.js';
import type { ScheduleId } from './schedule.js';

function product(id: string, age: number, more: Partial<StandingProduct> = {}): StandingProduct {
  return {
    id, scheduleId: 'a' as ScheduleId, volumeId: 'v', kind: 'snapshot', isIncremental: false, isComplete: true, createdAt: new Date(10 ** 12 - age), state: 'ready', message: null,
    isNeeded: false, ...more,
  };
}

const ids = (products: readonly StandingProduct[]): string[] => products.map(({ id }) => id);

describe('what schedules keep', () => {
  it('are the newest of each volume; the oldest go first', () => {
    const products = [product('c', 3), product('a', 1), product('d', 4), product('b', 2), product('x', 9, { volumeId: 'w' })];
    expect(ids(expiredOf(products, 2))).toEqual(['d', 'c']);
    expect(ids(expiredOf(products, 4))).toEqual([]);
  });

  it('is what is being made, removed or needed, for now', () => {
    const old = [product('a', 1), product('b', 2, { state: 'pending' }), product('c', 3, { state: 'leaving' }), product('d', 4, { isNeeded: true }), product('e', 5)];
    expect(ids(expiredOf(old, 1))).toEqual(['e']);
  });

  it('are good ones: those that never became good go, and push nothing out', () => {
    const products = [product('a', 1, { state: 'failed', isComplete: false }), product('b', 2), product('c', 3), product('d', 4, { state: 'failed' })];
    expect(ids(expiredOf(products, 2))).toEqual(['d', 'a']);
  });

  it('never are fewer than asked for, whatever the rest', () => {
    const some = fc.array(fc.record({
      age: fc.nat(50), volumeId: fc.constantFrom('v', 'w'), isComplete: fc.boolean(), isNeeded: fc.boolean(), state: fc.constantFrom('pending', 'ready', 'failed', 'leaving'),
    }), { maxLength: 30 });
    fc.assert(fc.property(some, fc.integer({ min: 1, max: 5 }), (wanted, keep) => {
      const products = wanted.map(({ age, ...more }, index) => product(String(index), age, more as Partial<StandingProduct>));
      const expired = new Set(ids(expiredOf(products, keep)));
      for (const volumeId of ['v', 'w']) {
        const good = products.filter((one) => one.volumeId === volumeId && (one.isComplete || one.state === 'ready'));
        expect(good.filter(({ id }) => !expired.has(id)).length).toBeGreaterThanOrEqual(Math.min(keep, good.length));
      }
      for (const one of products.filter(({ id }) => expired.has(id))) expect(one.isNeeded || one.state === 'pending' || one.state === 'leaving').toBe(false);
    }));
  });
});

describe('chains of backups', () => {
  const chain = (...kinds: ('full' | 'more')[]): StandingProduct[] => kinds.map((kind, index) => product(String(index), 100 - index, { kind: 'backup', isIncremental: kind === 'more' }));

  it('grow until they are as long as what is kept', () => {
    expect(mayBuildOnLast([], 3)).toBe(false);
    expect(mayBuildOnLast(chain('full'), 3)).toBe(true);
    expect(mayBuildOnLast(chain('full', 'more'), 3)).toBe(true);
    expect(mayBuildOnLast(chain('full', 'more', 'more'), 3)).toBe(false);
    expect(mayBuildOnLast(chain('full', 'more', 'more', 'full'), 3)).toBe(true);
    expect(mayBuildOnLast(chain('full'), 1)).toBe(false);
    expect(mayBuildOnLast(chain('more', 'more'), 5)).toBe(false);
  });
});
