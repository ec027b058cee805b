import type { Headers } from '@virga/http';
import { Strategy } from 'passport';
import { TokenRefused, type TokenVerifier, type VerifiedToken } from './token-verifier.js';

/** What the strategy reads of a request. */
export interface TokenRequest {
  headers: Headers;
}

/** passport strategy for a token in a header: `X-Auth-Token`, or `X-Service-Token` for the service that calls on a user's behalf. */
export class TokenStrategy extends Strategy {
  constructor(private readonly verifier: TokenVerifier, private readonly header: 'x-auth-token' | 'x-service-token') {
    super();
  }

  override authenticate({ headers }: TokenRequest): void {
    const token = headers[this.header];
    if (typeof token !== 'string' || token === '') return this.error(new TokenRefused('missing'));
    this.verifier.verify(token).then((verified: VerifiedToken) => this.success(verified), (error: unknown) => this.error(error));
  }
}
