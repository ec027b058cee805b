import { Inject, Injectable } from '@nestjs/common';
import { LeastRecentMap } from '@virga/identity-client';
import { CLOCK, seconds, type Clock, type Instant } from '@virga/kernel';
import { Accounts } from './accounts.js';
import type { Metadata } from '../metadata/index.js';

/**
 * How long a process may not notice that another one changed an account's headers. Too low: each request for an object reads its
 * account. Too high: a new quota holds that much later.
 */
const REMEMBERED_FOR = seconds(1);
const REMEMBERED = 10_000;

/** The headers of accounts, for what requests for objects have to know of them at no cost: quotas, forms of ETags. */
@Injectable()
export class KnownAccounts {
  private readonly known = new LeastRecentMap<string, { metadata: Metadata; readAt: Instant }>(REMEMBERED);

  constructor(private readonly accounts: Accounts, @Inject(CLOCK) private readonly clock: Clock) {}

  /** None for an account that nothing was written to yet. */
  async metadataOf(account: string): Promise<Metadata> {
    const known = this.known.get(account);
    const now = this.clock.now();
    if (known !== undefined && now - known.readAt < REMEMBERED_FOR) return known.metadata;
    const metadata = (await this.accounts.find(account))?.metadata ?? {};
    this.known.set(account, { metadata, readAt: now });
    return metadata;
  }

  /** To be called after the account's headers have been changed. */
  forget(account: string): void {
    this.known.delete(account);
  }
}
