import { Injectable } from '@nestjs/common';
import { Quotas } from '../../quotas/index.js';
import { RateLimits } from '../../rates/index.js';
import type { BucketRequest } from '../request/s3-request.js';

/** What limits writing: how fast, and how much there is room for. Asked once it is known that the caller may. */
@Injectable()
export class WriteLimits {
  constructor(private readonly quotas: Quotas, private readonly rates: RateLimits) {}

  /** Before an object or a part of so many bytes is put; throws `TooFast`, `AccountBlocked`, and `OverLimit` for a quota. */
  async requirePut(request: BucketRequest, bytes: number): Promise<void> {
    await this.requireTurn(request);
    await this.requireRoom(request, bytes);
  }

  /** Where the length of what was put shows only at its end. */
  requireRoom({ bucket }: BucketRequest, bytes: number): Promise<void> {
    return this.quotas.requireRoom(bucket, bytes);
  }

  /** Before an object is removed. */
  requireTurn({ bucket, signal }: BucketRequest): Promise<void> {
    return this.rates.forContainer(bucket, signal);
  }
}
