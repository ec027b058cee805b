import { Inject, Injectable } from '@nestjs/common';
import { Directory } from '@virga/identity-client';
import { Accounts, KnownAccounts, projectOfAccount, type Totals } from '../../accounts/index.js';
import { CLOCK, type Clock } from '@virga/kernel';
import { notFound } from '../faults/index.js';
import type { Standing } from '../access/index.js';
import { forStanding, timestampHeader } from '../headers/index.js';

/** The headers that tell of an account. */
@Injectable()
export class AccountFacts {
  constructor(
    private readonly accounts: Accounts,
    private readonly known: KnownAccounts,
    private readonly directory: Directory,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** To be called after the account's headers have been changed. */
  changed(account: string): void {
    this.known.forget(account);
  }

  /** An account that nothing was written to yet is shown as an empty one. Throws 404 for a name that no account can have. */
  async of(name: string, standing: Standing): Promise<Record<string, string>> {
    const projectId = projectOfAccount(name);
    if (projectId === undefined) throw notFound();
    const [account, totals, projects] = await Promise.all([this.accounts.find(name), this.accounts.totals(name), this.directory.projects([projectId])]);
    const createdAt = account?.createdAt ?? this.clock.now() * 1000;
    const domainId = projects.get(projectId)?.domainId;
    return {
      ...forStanding(account?.metadata ?? {}, standing),
      'x-timestamp': timestampHeader(createdAt),
      ...(account !== undefined && { 'x-put-timestamp': timestampHeader(account.changedAt) }),
      ...counts('x-account-', totals),
      ...Object.assign({}, ...Object.entries(totals.policies).map(([policy, used]) => counts(`x-account-storage-policy-${policy.toLowerCase()}-`, used))) as object,
      ...(domainId !== undefined && { 'x-account-project-domain-id': domainId }),
    };
  }
}

function counts(prefix: string, { containers, objects, bytes }: Totals): Record<string, string> {
  return { [`${prefix}container-count`]: String(containers), [`${prefix}object-count`]: String(objects), [`${prefix}bytes-used`]: String(bytes) };
}
