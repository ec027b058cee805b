import { Injectable } from '@nestjs/common';
import { OverLimit } from '@virga/kernel';
import { Accounts, KnownAccounts } from '../accounts/index.js';
import type { Container } from '../containers/index.js';
import type { Metadata } from '../metadata/index.js';

export const ACCOUNT_BYTES = 'x-account-meta-quota-bytes';
/** Before the policy's name in lower case. */
export const POLICY_BYTES = 'x-account-quota-bytes-policy-';
export const CONTAINER_BYTES = 'x-container-meta-quota-bytes';
export const CONTAINER_COUNT = 'x-container-meta-quota-count';

/** What refusals for a quota begin with; their messages are Swift's words. */
export const QUOTA_EXCEEDED = 'object-storage.quota.exceeded';

/**
 * Quotas as Swift has them, for whoever writes by whichever API: a container's owner limits its bytes and objects, a reseller an account's
 * bytes, in all or by storage policy. They are compared with what is used when an upload begins, so that uploads at the same time
 * may pass them by a little.
 */
@Injectable()
export class Quotas {
  constructor(private readonly accounts: Accounts, private readonly known: KnownAccounts) {}

  /** Throws `OverLimit` where `bytes` more, as one more object, are too many. */
  async requireRoom(container: Container, bytes: number): Promise<void> {
    const [maxBytes, maxCount] = [limitIn(container.metadata, CONTAINER_BYTES), limitIn(container.metadata, CONTAINER_COUNT)];
    if (maxBytes !== undefined && container.bytesUsed + bytes > maxBytes) throw exceeded();
    if (maxCount !== undefined && container.objectCount + 1 > maxCount) throw exceeded();
    await this.requireAccountRoom(await this.known.metadataOf(container.account), container, bytes);
  }

  private async requireAccountRoom(metadata: Metadata, container: Container, bytes: number): Promise<void> {
    const inAll = limitIn(metadata, ACCOUNT_BYTES);
    const ofPolicy = limitIn(metadata, POLICY_BYTES + container.storagePolicy.toLowerCase());
    if (inAll === undefined && ofPolicy === undefined) return;
    const totals = await this.accounts.totals(container.account);
    if (inAll !== undefined && totals.bytes + bytes > inAll) throw exceeded();
    const used = totals.policies[container.storagePolicy]?.bytes ?? 0;
    if (ofPolicy !== undefined && used + bytes > ofPolicy) throw exceeded('Upload exceeds policy quota.');
  }
}

/** A quota among headers; what is no number is none. */
function limitIn(metadata: Metadata, header: string): number | undefined {
  const value = metadata[header];
  return value === undefined || !/^\d+$/.test(value) ? undefined : Number(value);
}

function exceeded(words = 'Upload exceeds quota.'): OverLimit {
  return new OverLimit(QUOTA_EXCEEDED, words);
}
