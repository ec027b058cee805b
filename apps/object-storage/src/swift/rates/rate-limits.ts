import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { LeastRecentMap } from '@virga/identity-client';
import { CLOCK, type Clock } from '@virga/kernel';
import type { Container } from '../../containers/index.js';
import { SwiftFault } from '../faults/index.js';
import type { SwiftRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type RateStep, type SwiftSettings } from '../settings.js';

/** How many accounts and containers are remembered; one that is forgotten begins anew, with nothing to wait for. */
const REMEMBERED = 10_000;

/**
 * Slows down who writes too fast: each write of an account's containers, or of a container's objects, takes its turn at the rate
 * that is set; who would have to wait too long is refused (498). Each process counts for itself.
 */
@Injectable()
export class RateLimits {
  /** When the next write may happen, in milliseconds, by account or container. */
  private readonly turns = new LeastRecentMap<string, number>(REMEMBERED);

  constructor(@Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings, @Inject(CLOCK) private readonly clock: Clock) {}

  async forAccount(request: SwiftRequest): Promise<void> {
    await this.wait(request, request.target.account, this.settings.rates.accountPerSecond);
  }

  async forContainer(request: SwiftRequest, container: Container): Promise<void> {
    await this.wait(request, container.id, perSecond(this.settings.rates.containerSteps, container.objectCount));
  }

  private async wait({ target, front }: SwiftRequest, key: string, rate: number): Promise<void> {
    const { unlimitedAccounts, blockedAccounts, maxWaitMs } = this.settings.rates;
    if (blockedAccounts.includes(target.account)) throw new SwiftFault(497, 'Your account has been blacklisted', { headers: { 'content-type': 'text/plain' } });
    if (rate <= 0 || unlimitedAccounts.includes(target.account)) return;
    const now = this.clock.now();
    const turn = Math.max(now, this.turns.get(key) ?? 0);
    if (turn - now > maxWaitMs) throw new SwiftFault(498, 'Slow down');
    this.turns.set(key, turn + 1000 / rate);
    if (turn > now) await sleep(turn - now, undefined, { signal: front.signal });
  }
}

/** The rate of a container with so many objects: that of the last step below, falling evenly to the next. */
export function perSecond(steps: readonly RateStep[], objects: number): number {
  const sorted = steps.toSorted((one, two) => one.objects - two.objects);
  const at = sorted.findLastIndex((step) => step.objects <= objects);
  const [below, above] = [sorted[at], sorted[at + 1]];
  if (below === undefined) return 0;
  if (above === undefined) return below.perSecond;
  return below.perSecond + (above.perSecond - below.perSecond) * (objects - below.objects) / (above.objects - below.objects);
}
