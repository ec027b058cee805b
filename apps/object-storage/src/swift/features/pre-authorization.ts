import { Injectable } from '@nestjs/common';
import type { FrontRequest } from '../../front/index.js';
import type { Access } from '../access/access.js';
import { SyncedRequests } from '../container-sync/index.js';
import { ObjectPasses } from '../object-passes/index.js';
import type { HeaderMap, Target } from '../request/index.js';
import { TempUrls } from '../temp-url/index.js';

/** A storage request before anybody has asked who makes it. */
export interface Arrival {
  front: FrontRequest;
  method: string;
  target: Target;
  headers: HeaderMap;
}

/** Requests that carry their own permission instead of a token: synchronization between clusters, other services' passes, temporary URLs. Asked first. */
@Injectable()
export class PreAuthorization {
  constructor(private readonly synced: SyncedRequests, private readonly passes: ObjectPasses, private readonly tempUrls: TempUrls) {}

  /** The access that the request itself proves; undefined where it claims none. Throws 401 where the proof fails. */
  async access(arrival: Arrival): Promise<Access | undefined> {
    return await this.synced.access(arrival) ?? await this.passes.access(arrival) ?? await this.tempUrls.access(arrival);
  }
}
