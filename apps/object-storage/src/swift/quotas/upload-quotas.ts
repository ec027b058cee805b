import { Inject, Injectable } from '@nestjs/common';
import { Accounts } from '../../accounts/index.js';
import type { Metadata } from '../../metadata/index.js';
import type { Container } from '../../containers/index.js';
import { findPolicy, SETTINGS, type ObjectStorageSettings } from '../../settings/index.js';
import { badRequest, SwiftFault } from '../faults/index.js';
import type { HeaderMap } from '../request/index.js';
import type { Standing } from '../access/access.js';
import { KnownAccounts } from '../accounts/known-accounts.js';

const ACCOUNT_BYTES = 'x-account-meta-quota-bytes';
const POLICY_BYTES = 'x-account-quota-bytes-policy-';
const CONTAINER_BYTES = 'x-container-meta-quota-bytes';
const CONTAINER_COUNT = 'x-container-meta-quota-count';

/**
 * Quotas as Swift has them: a container's owner limits its bytes and objects, a reseller an account's bytes, in all or by storage
 * policy. They are compared with what is used when an upload begins, so that uploads at the same time may pass them by a little.
 */
@Injectable()
export class UploadQuotas {
  constructor(
    private readonly accounts: Accounts,
    private readonly known: KnownAccounts,
    @Inject(SETTINGS) private readonly settings: ObjectStorageSettings,
  ) {}

  /** Throws 413 where `bytes` more, as one more object, are too many. */
  async requireRoom(container: Container, bytes: number): Promise<void> {
    const [maxBytes, maxCount] = [limitIn(container.metadata, CONTAINER_BYTES), limitIn(container.metadata, CONTAINER_COUNT)];
    if (maxBytes !== undefined && container.bytesUsed + bytes > maxBytes) throw exceeded();
    if (maxCount !== undefined && container.objectCount + 1 > maxCount) throw exceeded();
    await this.requireAccountRoom(await this.known.metadataOf(container.account), container, bytes);
  }

  /** Throws 400 for a container's quota that is no number. */
  requireContainerQuotas(headers: HeaderMap): void {
    for (const [header, word] of [[CONTAINER_BYTES, 'bytes'], [CONTAINER_COUNT, 'count']] as const) {
      const value = headers[header];
      if (value !== undefined && value !== '' && !/^\d+$/.test(value)) throw badRequest(`Invalid ${word} quota.`);
    }
  }

  /** What a reseller changes of an account's quotas per policy. Throws 403 for anybody else, 400 for what is no number or no policy. */
  quotaChange(headers: HeaderMap, { isReseller }: Standing): Record<string, string | undefined> {
    const change: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(headers)) {
      const [, isRemoval, header] = /^x-(remove-)?(account-meta-quota-bytes|account-quota-bytes-policy-.+)$/.exec(name) ?? [];
      if (header === undefined || value === undefined) continue;
      if (!isReseller) throw new SwiftFault(403);
      const isRemoved = isRemoval !== undefined || value === '';
      if (!isRemoved && !/^\d+$/.test(value)) throw badRequest();
      this.requireKnown(`x-${header}`);
      change[`x-${header}`] = isRemoved ? undefined : value;
    }
    return change;
  }

  private requireKnown(header: string): void {
    if (header.startsWith(POLICY_BYTES) && findPolicy(this.settings, header.slice(POLICY_BYTES.length)) === undefined) throw badRequest('No such policy');
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

function exceeded(words = 'Upload exceeds quota.'): SwiftFault {
  return new SwiftFault(413, words);
}
