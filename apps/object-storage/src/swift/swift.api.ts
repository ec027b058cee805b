import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@virga/kernel';
import type { FrontReply, FrontRequest, ObjectApi } from '../front/index.js';
import { Admission } from './access/admission.js';
import { faultReply } from './faults/index.js';
import { Nouns } from './nouns.js';
import { Interceptions } from './features/index.js';
import { headerMap, shownName, targetOf, transactionId, wireValue } from './request/index.js';
import { ServicePages } from './service/service-pages.js';

/**
 * Swift's API v1. A request is admitted (path, headers, who asks), offered to the features that answer whole requests, and
 * answered by what it names: an account, a container or an object. Whatever refuses it on the way is thrown and worded by `fault`.
 */
@Injectable()
export class SwiftApi implements ObjectApi {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly pages: ServicePages,
    private readonly admission: Admission,
    private readonly interceptions: Interceptions,
    private readonly nouns: Nouns,
  ) {}

  async answer(front: FrontRequest): Promise<FrontReply> {
    const reply = await this.pages.answer(front) ?? await this.answerStorage(front);
    return this.sealed(reply, front);
  }

  fault(error: unknown, front: FrontRequest): FrontReply {
    return this.sealed(faultReply(error, front.method), front);
  }

  private async answerStorage(front: FrontRequest): Promise<FrontReply> {
    const target = targetOf(front.rawPath);
    const headers = headerMap(front.headers);
    const request = await this.admission.admit({ front, method: front.method, target, headers }, this.idOf(front));
    return this.interceptions.answer(request, (changed) => this.nouns.answer(changed));
  }

  /** What every answer carries. */
  private sealed(reply: FrontReply, front: FrontRequest): FrontReply {
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(reply.headers)) headers[shownName(name)] = typeof value === 'string' ? wireValue(value) : value.map(wireValue);
    const id = this.idOf(front);
    headers['x-trans-id'] = id;
    headers['x-openstack-request-id'] = id;
    headers['date'] = new Date(this.clock.now()).toUTCString();
    return { ...reply, headers };
  }

  private idOf(front: FrontRequest): string {
    const extra = front.headers['x-trans-id-extra'];
    return transactionId(front.id, this.clock.now(), typeof extra === 'string' ? extra : undefined);
  }
}
