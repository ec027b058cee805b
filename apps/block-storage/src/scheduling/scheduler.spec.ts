import { shortcomings, whyNone } from '@virga/kernel';
import { fc } from '@virga/testing/fast-check';
import { decide, roomIn, type BackendState, type PlacementRequest } from './scheduler.js';

const state = (more: Partial<BackendState> = {}): BackendState => ({
  name: 'node-1@file', host: 'node-1', backend: 'file', kind: 'file', zone: 'nova', isUp: true, isAvailable: true, isEnabled: true, isFrozen: false, totalGibibytes: 100,
  freeGibibytes: 60, provisionedGibibytes: 40, reservedPercentage: 10, maxOverSubscriptionRatio: 2, volumeCount: 3,
  capabilities: { isThin: true, isEncrypting: true, growsAttached: true, snapshotsTogether: true, isMultiattach: false }, ...more,
});
const request = (more: Partial<PlacementRequest> = {}): PlacementRequest => ({
  sizeGibibytes: 10, zone: null, onlyOn: undefined, notOn: [], extraSpecs: {}, isEncrypted: false, isMultiattach: false, ...more,
});

describe('the scheduler', () => {
  it.each([
    ['host-down', {}, { isUp: false }], ['unavailable', {}, { isAvailable: false }], ['disabled', {}, { isEnabled: false }], ['frozen', {}, { isFrozen: true }],
    ['zone', { zone: 'other' }, {}], ['zone', { extraSpecs: { 'RESKEY:availability_zones': 'a,b' } }, {}], ['type', { extraSpecs: { volume_backend_name: 'rbd' } }, {}],
    ['multiattach', { isMultiattach: true }, {}], ['not-the-source', { onlyOn: ['node-2@file'] }, {}], ['avoided', { notOn: ['node-1@file'] }, {}],
    ['capacity', { sizeGibibytes: 101 }, {}], ['over-subscription', { sizeGibibytes: 50 }, { provisionedGibibytes: 135 }],
  ] as const)('rejects for the reason %s', (reason, wanted, is) => {
    const decision = decide(request(wanted as Partial<PlacementRequest>), [state(is)]);
    expect(decision).toMatchObject({ ranked: [], verdicts: [{ outcome: 'rejected', reason }] });
    expect(shortcomings(decision)).toMatchObject([{ reason, count: 1 }]);
    expect(whyNone(decision, 'backend')).toMatch(/^Of 1 backend: 1 /);
  });

  it('takes the backend with the most room', () => {
    const decision = decide(request({ extraSpecs: { volume_backend_name: 'file', 'capabilities:thin_provisioning_support': '<is> True' } }), [
      state(), state({ name: 'node-2@file', freeGibibytes: 90 }), state({ name: 'node-3@file', freeGibibytes: 20 }),
    ]);
    expect(decision.ranked.map(({ candidate }) => candidate.name)).toEqual(['node-2@file', 'node-1@file', 'node-3@file']);
  });

  it('never promises more than a backend may, whatever is asked of it', () => {
    fc.assert(fc.property(
      fc.record({
        totalGibibytes: fc.integer({ min: 1, max: 1000 }), used: fc.double({ min: 0, max: 1, noNaN: true }), reservedPercentage: fc.integer({ min: 0, max: 100 }),
        maxOverSubscriptionRatio: fc.double({ min: 1, max: 20, noNaN: true }), isThin: fc.boolean(),
      }),
      fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 40 }),
      ({ totalGibibytes, used, isThin, ...rest }, sizes) => {
        const freeGibibytes = totalGibibytes * (1 - used);
        let now = state({ totalGibibytes, freeGibibytes, provisionedGibibytes: 0, ...rest, capabilities: { ...state().capabilities, isThin } });
        for (const sizeGibibytes of sizes) {
          if (decide(request({ sizeGibibytes }), [now]).ranked.length === 0) continue;
          now = { ...now, provisionedGibibytes: now.provisionedGibibytes + sizeGibibytes };
        }
        const most = totalGibibytes * (1 - rest.reservedPercentage / 100) * (isThin ? rest.maxOverSubscriptionRatio : 1);
        expect(now.provisionedGibibytes).toBeLessThanOrEqual(most + 1e-6);
      },
    ));
  });

  it('counts what is reserved as gone', () => {
    expect(roomIn(state())).toEqual({ free: 100, unpromised: 140 });
  });
});
