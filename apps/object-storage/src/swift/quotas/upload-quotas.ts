import { Inject, Injectable } from '@nestjs/common';
import { CONTAINER_BYTES, CONTAINER_COUNT, POLICY_BYTES } from '../../quotas/index.js';
import { findPolicy, SETTINGS, type ObjectStorageSettings } from '../../settings/index.js';
import { badRequest, SwiftFault } from '../faults/index.js';
import type { HeaderMap } from '../request/index.js';
import type { Standing } from '../access/access.js';

/** How quotas are told; `Quotas` holds them. */
@Injectable()
export class UploadQuotas {
  constructor(@Inject(SETTINGS) private readonly settings: ObjectStorageSettings) {}

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
}
