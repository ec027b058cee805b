import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { LeastRecentMap } from '@virga/identity-client';
import { CLOCK, Forbidden, OverLimit, type Clock } from '@virga/kernel';
import type { Container } from '../containers/index.js';
import { RATES, type RateSettings, type RateStep } from './rate-settings.js';

/** How many accounts and containers are remembered; one that is forgotten begins anew, with nothing to wait for. */
const REMEMBERED = 10_000;

/** Whoever writes would have to wait for too long; the status and the words are Swift's. */
export class TooFast extends OverLimit {
  constructor() {
    super('object-storage.rate.exceeded', 'Slow down', { status: 498 });
  }
}

/** The operator lets nobody write into the account; the status and the words are Swift's. */
export class AccountBlocked extends Forbidden {
  constructor() {
    super('object-storage.account.blocked', 'Your account has been blacklisted', { status: 497 });
  }
}

/**
 * Slows down who writes too fast, by whichever API: each write of an account's containers, or of a container's objects, takes its turn at
 * the rate that is set; who would have to wait too long is refused. Each process counts for itself.
 */
@Injectable()
export class RateLimits {
  /** When the next write may happen, in milliseconds, by account or container. */
  private readonly turns = new LeastRecentMap<string, number>(REMEMBERED);

  constructor(@Inject(RATES) private readonly settings: RateSettings, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Before a container is made or removed. Throws `TooFast`, `AccountBlocked`. */
  async forAccount(account: string, signal: AbortSignal): Promise<void> {
    await this.wait(account, account, this.settings.accountPerSecond, signal);
  }

  /** Before an object of it is put, changed or removed. Throws `TooFast`, `AccountBlocked`. */
  async forContainer(container: Pick<Container, 'id' | 'account' | 'objectCount'>, signal: AbortSignal): Promise<void> {
    await this.wait(container.account, container.id, perSecond(this.settings.containerSteps, container.objectCount), signal);
  }

  private async wait(account: string, key: string, rate: number, signal: AbortSignal): Promise<void> {
    const { unlimitedAccounts, blockedAccounts, maxWaitMs } = this.settings;
    if (blockedAccounts.includes(account)) throw new AccountBlocked();
    if (rate <= 0 || unlimitedAccounts.includes(account)) return;
    const now = this.clock.now();
    const turn = Math.max(now, this.turns.get(key) ?? 0);
    if (turn - now > maxWaitMs) throw new TooFast();
    this.turns.set(key, turn + 1000 / rate);
    if (turn > now) await sleep(turn - now, undefined, { signal });
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
