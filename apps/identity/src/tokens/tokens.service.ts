import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { checkToken, listAuthDomains, listAuthProjects, revokeToken, showAuthCatalog, showAuthSystem, showToken } from '@virga/contracts-identity';
import { TokenRefused, TokenVerifier, type VerifiedToken } from '@virga/identity-client';
import { CLOCK, NotFound, type Caller, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import type { Listed } from '../listing/index.js';
import { ProjectsService, type Project } from '../projects/index.js';
import { AuthenticationRepository } from './authentication.repository.js';

/** What may be asked about tokens, and about what one's own token can be exchanged for. */
@Injectable()
export class TokensService {
  constructor(
    private readonly db: Database, private readonly repository: AuthenticationRepository, private readonly verifier: TokenVerifier,
    private readonly projects: ProjectsService, private readonly policy: Policy, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  show(caller: Caller, subject: string | undefined): Promise<VerifiedToken> {
    return this.require(caller, showToken.policy, subject);
  }

  async check(caller: Caller, subject: string | undefined): Promise<void> {
    await this.require(caller, checkToken.policy, subject);
  }

  async revoke(caller: Caller, subject: string | undefined): Promise<void> {
    const { claims } = await this.require(caller, revokeToken.policy, subject);
    await this.db.transaction((tx) => this.repository.revoke(tx, claims.auditIds[0] ?? '', this.clock.now(), claims.expiresAt));
  }

  requireCatalog(caller: Caller): void {
    this.policy.require(caller, showAuthCatalog.policy);
  }

  accessibleProjects(caller: Caller): Promise<Listed<Project>> {
    this.policy.require(caller, listAuthProjects.policy);
    return this.projects.accessible(caller.userId, 'projects', { enabled: true });
  }

  accessibleDomains(caller: Caller): Promise<Listed<Project>> {
    this.policy.require(caller, listAuthDomains.policy);
    return this.projects.accessible(caller.userId, 'domains', { enabled: true });
  }

  canUseSystem(caller: Caller): Promise<boolean> {
    this.policy.require(caller, showAuthSystem.policy);
    return this.repository.hasSystemRole(this.db, caller.userId);
  }

  /** A token that does not hold does not exist, whoever asks. */
  private async require(caller: Caller, rule: PolicyRule, subject: string | undefined): Promise<VerifiedToken> {
    const verified = await this.verifier.verify(subject ?? '').catch((error: unknown) => {
      throw error instanceof TokenRefused ? new NotFound('token.not-found', 'Could not find this token.') : error;
    });
    this.policy.require(caller, rule, { target: { token: { user_id: verified.claims.userId } } });
    return verified;
  }
}
