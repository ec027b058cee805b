import { Inject, Injectable } from '@nestjs/common';
import {
  judge, newAuditId, readAuthorizationFacts, TokenIssuer, type Authorization, type AuthorizationQuestion, type TokenClaims, type TokenScope, type VerifiedToken,
} from '@virga/identity-client';
import { CLOCK, hours, Invalid, raise, type Clock, type Duration } from '@virga/kernel';
import { LOGGER, type Logger } from '@virga/observability';
import { Database } from '@virga/persistence';
import { Refused } from '../users/index.js';
import { wantedScope, type AuthenticationRequest, type Proof, type Reference, type WantedScope } from './authentication.js';
import { AuthenticationRepository } from './authentication.repository.js';
import { AuthenticationMethods } from './authentication-methods.js';

/**
 * How long a token lives. Too short: clients log in all the time. Too long: what was cached outside, and a stolen token,
 * stay useful for that long (revocation and disabled users count at once whatever this is).
 */
export const TOKEN_LIFETIME: Duration = hours(1);

/** A token that was just made, with what it says. */
export interface IssuedToken extends VerifiedToken {
  token: string;
}

/** Turns what callers prove into tokens. */
@Injectable()
export class AuthenticationService {
  constructor(
    private readonly db: Database, private readonly repository: AuthenticationRepository, private readonly issuer: TokenIssuer,
    private readonly methods: AuthenticationMethods, @Inject(CLOCK) private readonly clock: Clock, @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Throws `Refused` alike for every reason that has to do with who it is, and `Invalid` for a request that makes no sense. */
  async authenticate(request: AuthenticationRequest): Promise<IssuedToken> {
    const wanted = wantedScope(request.scope);
    const proofs = await this.prove(request.identity);
    const question = await this.questionOf(proofs, wanted);
    return this.issue(question, proofs, await this.authorize(question, wanted));
  }

  /** A token for somebody who proved in another way, named by `method`, to hold what the question says; throws `Refused` like `authenticate`. */
  async issueFor(question: AuthorizationQuestion, method: string): Promise<IssuedToken> {
    return this.issue(question, [{ method, userId: question.userId }], await this.authorize(question));
  }

  private async issue(question: AuthorizationQuestion, proofs: readonly Proof[], authorization: Authorization): Promise<IssuedToken> {
    const claims = this.claimsOf(proofs, question, authorization);
    return { token: await this.issuer.issue(claims), claims, authorization };
  }

  /** All methods must succeed, and prove the same user. */
  private async prove(identity: AuthenticationRequest['identity']): Promise<readonly Proof[]> {
    const methods = [...new Set(identity.methods)];
    if (methods.length === 0) throw new Invalid('token.request.methods', "Name at least one method in 'identity.methods'.");
    const proofs: Proof[] = [];
    for (const method of methods) {
      if (!AuthenticationMethods.isKnown(method)) throw new Refused();
      proofs.push(await this.methods.strategies.authenticate<Proof>(method, { identity }));
    }
    if (new Set(proofs.map(({ userId }) => userId)).size !== 1) throw new Refused();
    return proofs;
  }

  private async questionOf(proofs: readonly Proof[], wanted: WantedScope): Promise<AuthorizationQuestion> {
    const [{ userId }] = proofs as [Proof];
    const credential = proofs.find((proof) => proof.applicationCredential !== undefined)?.applicationCredential;
    if (credential !== undefined) {
      const scope = { kind: 'project' as const, id: credential.projectId };
      if (wanted.kind !== 'default' && !await this.isScope(wanted, scope)) throw new Refused();
      return { userId, scope, applicationCredentialId: credential.id };
    }
    if (wanted.kind === 'trust') return this.trustQuestion(userId, wanted.id);
    return { userId, scope: await this.scopeOf(userId, wanted) };
  }

  private async isScope(wanted: WantedScope, scope: { id: string }): Promise<boolean> {
    return wanted.kind === 'project' && await this.repository.projectId(this.db, wanted.of) === scope.id;
  }

  private async trustQuestion(userId: string, trustId: string): Promise<AuthorizationQuestion> {
    const trust = await this.repository.trust(this.db, trustId);
    if (trust === undefined || trust.trusteeUserId !== userId || trust.projectId === null) throw new Refused();
    if (trust.remainingUses !== null && !await this.db.transaction((tx) => this.repository.useTrust(tx, trustId))) throw new Refused();
    return { userId: trust.isImpersonated ? trust.trustorUserId : userId, scope: { kind: 'project', id: trust.projectId }, trustId };
  }

  private async scopeOf(userId: string, wanted: Exclude<WantedScope, { kind: 'trust' }>): Promise<TokenScope> {
    if (wanted.kind === 'unscoped' || wanted.kind === 'system') return { kind: wanted.kind };
    if (wanted.kind === 'default') {
      const id = await this.repository.defaultProjectId(this.db, userId);
      return id === undefined ? { kind: 'unscoped' } : { kind: 'project', id };
    }
    return { kind: wanted.kind, id: await this.resolve(wanted.kind, wanted.of) };
  }

  private async resolve(kind: 'project' | 'domain', of: Reference): Promise<string> {
    const id = await (kind === 'project' ? this.repository.projectId(this.db, of) : this.repository.domainId(this.db, of));
    return id ?? raise(new Refused());
  }

  private async authorize(question: AuthorizationQuestion, wanted?: WantedScope): Promise<Authorization> {
    const verdict = judge(question, await readAuthorizationFacts(this.db, question), this.clock.now());
    if (typeof verdict !== 'string') return verdict;
    // A default project is a wish: whoever may not use it gets a token without scope.
    if (wanted?.kind === 'default' && question.scope.kind === 'project' && question.applicationCredentialId === undefined) {
      question.scope = { kind: 'unscoped' };
      return this.authorize(question);
    }
    this.logger.info('authentication refused', { userId: question.userId, reason: verdict });
    throw new Refused();
  }

  private claimsOf(proofs: readonly Proof[], question: AuthorizationQuestion, authorization: Authorization): TokenClaims {
    const ancestor = proofs.find((proof) => proof.ancestor !== undefined)?.ancestor;
    const ends = [...proofs.map((proof) => proof.expiresAt), authorization.endsAt].filter((end) => end !== undefined);
    const now = this.clock.now();
    return {
      userId: question.userId,
      scope: question.scope,
      methods: [...new Set([...proofs.map(({ method }) => method), ...(ancestor?.methods ?? [])])],
      auditIds: [newAuditId(), ...(ancestor?.auditIds.slice(-1) ?? [])],
      issuedAt: now,
      expiresAt: Math.min(now + TOKEN_LIFETIME, ...ends),
      epoch: authorization.epoch,
      ...(question.applicationCredentialId !== undefined && { applicationCredentialId: question.applicationCredentialId }),
      ...(question.trustId !== undefined && { trustId: question.trustId }),
    };
  }
}
