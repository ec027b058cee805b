import { Inject, Injectable } from '@nestjs/common';
import { LeastRecentMap } from '@virga/identity-client';
import { CLOCK, seconds, type Clock, type Instant } from '@virga/kernel';
import { Accounts } from '../../accounts/index.js';
import type { Metadata } from '../../metadata/index.js';

const ACCOUNT_BYTES = 'x-account-meta-quota-bytes';
const POLICY_BYTES = 'x-account-quota-bytes-policy-';

/**
 * How long a process may not notice that another one changed an account's quota. Too low: each upload reads its account. Too high: a
 * new quota holds that much later.
 */
const REMEMBERED_FOR = seconds(1);
const REMEMBERED = 10_000;

/** The most bytes of an account: in all, and by storage policy in lower case. */
export interface AccountQuota {
  inAll?: number;
  byPolicy: Readonly<Record<string, number>>;
}

/** The accounts that have quotas; most have none, and an upload should not cost a statement to learn that. */
@Injectable()
export class AccountQuotas {
  private readonly known = new LeastRecentMap<string, { quota: AccountQuota | undefined; readAt: Instant }>(REMEMBERED);

  constructor(private readonly accounts: Accounts, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Undefined where the account has none. */
  async of(account: string): Promise<AccountQuota | undefined> {
    const known = this.known.get(account);
    const now = this.clock.now();
    if (known !== undefined && now - known.readAt < REMEMBERED_FOR) return known.quota;
    const quota = quotaIn((await this.accounts.find(account))?.metadata ?? {});
    this.known.set(account, { quota, readAt: now });
    return quota;
  }

  /** To be called after the account's headers have been changed. */
  forget(account: string): void {
    this.known.delete(account);
  }
}

function quotaIn(metadata: Metadata): AccountQuota | undefined {
  const inAll = limitIn(metadata, ACCOUNT_BYTES);
  const policies = Object.keys(metadata).filter((name) => name.startsWith(POLICY_BYTES))
    .flatMap((name) => { const limit = limitIn(metadata, name); return limit === undefined ? [] : [[name.slice(POLICY_BYTES.length), limit] as const]; });
  if (inAll === undefined && policies.length === 0) return undefined;
  return { byPolicy: Object.fromEntries(policies), ...(inAll !== undefined && { inAll }) };
}

/** A quota among headers; what is no number is none. */
export function limitIn(metadata: Metadata, header: string): number | undefined {
  const value = metadata[header];
  return value === undefined || !/^\d+$/.test(value) ? undefined : Number(value);
}
