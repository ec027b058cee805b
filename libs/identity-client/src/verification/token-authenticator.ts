import { Authenticator, type Asked, type Headers } from '@virga/http';
import type { Caller, UserId } from '@virga/kernel';
import { areRulesKept } from '../authorization/access-rules.js';
import type { Authorization } from '../authorization/authorization.js';
import { Strategies } from './strategies.js';
import { TokenRefused, type TokenVerifier, type VerifiedToken } from './token-verifier.js';

interface TokenRequest {
  headers: Headers;
}

/** Makes callers of the tokens that requests carry; every service's `Authenticator`. */
export class TokenAuthenticator extends Authenticator {
  private readonly strategies: Strategies<TokenRequest>;

  constructor(verifier: TokenVerifier) {
    super();
    this.strategies = new Strategies({
      token: async ({ headers }) => verifier.verify(required(headers['x-auth-token'])),
      service: async ({ headers }) => verifier.verify(required(headers['x-service-token'])),
    });
  }

  async authenticate(headers: Headers, requestId: string, asked?: Asked): Promise<Caller> {
    const verified = await this.strategies.authenticate<VerifiedToken>('token', { headers });
    if (!areRulesKept(verified.authorization.applicationCredential?.accessRules, asked)) throw new TokenRefused('not-in-access-rules');
    const caller = callerOf(verified, String(headers['x-auth-token']), requestId);
    if (headers['x-service-token'] === undefined) return caller;
    const service = await this.strategies.authenticate<VerifiedToken>('service', { headers });
    return { ...caller, service: callerOf(service, String(headers['x-service-token']), requestId) };
  }
}

function required(token: string | string[] | undefined): string {
  if (typeof token !== 'string' || token === '') throw new TokenRefused('missing');
  return token;
}

/** The caller that a verified token stands for. */
export function callerOf({ claims, authorization }: VerifiedToken, token: string, requestId: string): Caller {
  return authorizedCaller(authorization, { token, auditIds: claims.auditIds, expiresAt: claims.expiresAt, requestId });
}

/** The caller that an authorization stands for, however it was proved. */
export function authorizedCaller({ user, scope, roles }: Authorization, proof: Pick<Caller, 'token' | 'auditIds' | 'expiresAt' | 'requestId'>): Caller {
  return {
    userId: user.id as UserId,
    userName: user.name,
    userDomainId: user.domain.id,
    userDomainName: user.domain.name,
    scope,
    roles: new Set(roles.map((role) => role.name.toLowerCase())),
    roleIds: roles.map((role) => role.id),
    projectId: scope.kind === 'project' ? scope.projectId : undefined,
    ...proof,
  };
}
