import { Inject, Injectable } from '@nestjs/common';
import { Authenticator } from '@virga/http';
import { CLOCK, Fault, type Caller, type Clock } from '@virga/kernel';
import { PreAuthorization, type Arrival } from '../features/index.js';
import type { SwiftRequest } from '../request/index.js';
import type { Access } from './access.js';
import { AccessControl } from './access-control.js';

/** Finds out who makes a request and what that gives. What it gives is decided later, when the container is known. */
@Injectable()
export class Admission {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly preAuthorization: PreAuthorization,
    private readonly control: AccessControl,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async admit(arrival: Arrival, transactionId: string): Promise<SwiftRequest> {
    const { front, method, target, headers } = arrival;
    const access = await this.preAuthorization.access(arrival) ?? await this.byToken(arrival);
    return { front, transactionId, method, target, headers, query: front.query, body: front.body, access, startedAt: this.clock.now() };
  }

  private async byToken(arrival: Arrival): Promise<Access> {
    return this.control.of(await this.caller(arrival), arrival.headers['referer']);
  }

  /** A token that does not hold makes an anonymous request, which public containers answer. */
  private async caller({ front, headers, method }: Arrival): Promise<Caller | undefined> {
    const token = headers['x-auth-token'] ?? headers['x-storage-token'];
    if (token === undefined || token === '') return undefined;
    try {
      return await this.authenticator.authenticate({ ...headers, 'x-auth-token': token }, front.id, { api: 'object-store', method, path: front.rawPath });
    } catch (error) {
      if (error instanceof Fault && error.kind === 'unauthenticated') return undefined;
      throw error;
    }
  }
}
