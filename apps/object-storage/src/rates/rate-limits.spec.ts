import { perSecond, RateLimits } from './rate-limits.js';

describe('rate limits', () => {
  it('falls evenly from step to step', () => {
    const steps = [{ objects: 100, perSecond: 100 }, { objects: 200, perSecond: 50 }];
    expect([0, 100, 150, 200, 1000].map((objects) => perSecond(steps, objects))).toEqual([0, 100, 75, 50, 50]);
  });

  it('refuses who would have to wait too long, and nobody else', async () => {
    const rates = { containerSteps: [], accountPerSecond: 1, maxWaitMs: 0, unlimitedAccounts: ['AUTH_free'], blockedAccounts: ['AUTH_blocked'] };
    const limits = new RateLimits(rates, { now: () => 1_000_000 });
    const from = (account: string) => limits.forAccount(account, new AbortController().signal);
    await from('AUTH_a');
    await expect(from('AUTH_a')).rejects.toMatchObject({ status: 498 });
    await from('AUTH_b');
    await from('AUTH_free');
    await from('AUTH_free');
    await expect(from('AUTH_blocked')).rejects.toMatchObject({ status: 497 });
  });
});
