import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import { Quotas } from '../../quotas/index.js';
import { RateLimits } from '../../rates/index.js';
import type { ObjectRequest } from '../request/index.js';

/** What limits uploads: rates and quotas. */
@Injectable()
export class WriteLimits {
  constructor(private readonly quotas: Quotas, private readonly rates: RateLimits) {}

  /** Before the body is read. Throws 413, 497, 498. */
  async require(request: ObjectRequest, container: Container, bytes: number): Promise<void> {
    await this.rates.forContainer(container, request.front.signal);
    await this.quotas.requireRoom(container, bytes);
  }

  /** After it, where its length was not known before. */
  async requireAfter(container: Container, bytes: number, announced: number | undefined): Promise<void> {
    if (announced === undefined) await this.quotas.requireRoom(container, bytes);
  }
}
