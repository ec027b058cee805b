import type { Instant, ProjectId, Scope } from '@virga/kernel';
import type { TokenScope } from '../tokens/claims.js';
import type { Authorization, Denial } from './authorization.js';
import type { AuthorizationFacts, AuthorizationQuestion } from './authorization-query.js';

/** Concludes from the database's facts what somebody may do now, or why nothing. Pure. */
export function judge(question: AuthorizationQuestion, facts: AuthorizationFacts | undefined, now: Instant): Authorization | Denial {
  if (facts === undefined) return 'user-unknown';
  const denial = userDenial(facts) ?? applicationCredentialDenial(question, facts, now) ?? trustDenial(question, facts, now)
    ?? scopeDenial(question.scope, facts) ?? tokenDenial(question, facts);
  return denial ?? authorizationOf(question, facts);
}

function userDenial({ user, user_domain: domain }: AuthorizationFacts): Denial | undefined {
  if (!user.enabled) return 'user-disabled';
  return domain.enabled ? undefined : 'domain-disabled';
}

function scopeDenial(asked: TokenScope, { scope, scope_domain: domain, roles }: AuthorizationFacts): Denial | undefined {
  if (asked.kind === 'unscoped') return undefined;
  if (asked.kind !== 'system') {
    if (scope === null || scope.is_domain !== (asked.kind === 'domain')) return 'scope-unknown';
    if (!scope.enabled || domain?.enabled === false) return 'scope-disabled';
  }
  return roles.length === 0 ? 'no-roles' : undefined;
}

function applicationCredentialDenial(question: AuthorizationQuestion, facts: AuthorizationFacts, now: Instant): Denial | undefined {
  if (question.applicationCredentialId === undefined) return undefined;
  const credential = facts.application_credential;
  const isOfScope = question.scope.kind === 'project' && question.scope.id === credential?.project_id;
  if (credential === null || credential.user_id !== question.userId || !isOfScope) return 'application-credential-unknown';
  return isPast(credential.expires_at, now) ? 'application-credential-expired' : undefined;
}

function trustDenial(question: AuthorizationQuestion, { trust }: AuthorizationFacts, now: Instant): Denial | undefined {
  if (question.trustId === undefined) return undefined;
  if (trust === null || !isHeldBy(trust, question) || !trust.is_everybody_enabled) return 'trust-unknown';
  return isPast(trust.expires_at, now) ? 'trust-expired' : undefined;
}

function isHeldBy(trust: NonNullable<AuthorizationFacts['trust']>, { userId, scope }: AuthorizationQuestion): boolean {
  const holder = trust.impersonation ? trust.trustor_user_id : trust.trustee_user_id;
  return holder === userId && trust.project_id === (scope.kind === 'project' ? scope.id : null);
}

function tokenDenial({ token }: AuthorizationQuestion, facts: AuthorizationFacts): Denial | undefined {
  if (token === undefined) return undefined;
  if (facts.is_revoked) return 'revoked';
  return facts.is_key_known ? undefined : 'key-unknown';
}

function isPast(time: string | null, now: Instant): boolean {
  return time !== null && Date.parse(time) <= now;
}

function instantOf(time: string | null): Instant | undefined {
  return time === null ? undefined : Date.parse(time);
}

function authorizationOf(question: AuthorizationQuestion, facts: AuthorizationFacts): Authorization {
  const { user, user_domain: domain, application_credential: credential, trust } = facts;
  return {
    revision: facts.revision,
    user: {
      id: user.id, name: user.name, domain: { id: domain.id, name: domain.name },
      passwordExpiresAt: instantOf(user.password_expires_at),
    },
    scope: scopeOf(question.scope, facts),
    roles: facts.roles,
    epoch: user.token_epoch + domain.token_epoch + (facts.scope?.token_epoch ?? 0) + (facts.scope_domain?.token_epoch ?? 0),
    endsAt: instantOf(credential?.expires_at ?? trust?.expires_at ?? null),
    ...delegationOf(facts),
  };
}

function delegationOf({ application_credential: credential, trust }: AuthorizationFacts): Pick<Authorization, 'applicationCredential' | 'trust'> {
  return {
    applicationCredential: credential === null ? undefined : {
      id: credential.id, name: credential.name, isUnrestricted: credential.unrestricted, accessRules: credential.access_rules ?? undefined,
    },
    trust: trust === null ? undefined : {
      id: trust.id, trustorUserId: trust.trustor_user_id, trusteeUserId: trust.trustee_user_id, isImpersonated: trust.impersonation,
      remainingUses: trust.remaining_uses ?? undefined,
    },
  };
}

function scopeOf(asked: TokenScope, { scope, scope_domain: domain }: AuthorizationFacts): Scope {
  if (asked.kind === 'domain' && scope !== null) return { kind: 'domain', domainId: scope.id, domainName: scope.name };
  if (asked.kind === 'project' && scope !== null && domain !== null) {
    return {
      kind: 'project', projectId: scope.id as ProjectId, projectName: scope.name, projectDomainId: domain.id, projectDomainName: domain.name,
    };
  }
  return { kind: asked.kind === 'system' ? 'system' : 'unscoped' };
}
