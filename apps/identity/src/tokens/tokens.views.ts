import type { VerifiedToken } from '@virga/identity-client';
import { wireTime } from '../listing/index.js';
import type { CatalogEntry } from './catalog-reader.js';

type Authorization = VerifiedToken['authorization'];

/** A token's body as the identity API shows it. */
export function tokenView({ claims, authorization }: VerifiedToken, catalog: CatalogEntry[] | undefined) {
  const { user } = authorization;
  return {
    token: {
      methods: [...claims.methods],
      user: {
        domain: user.domain, id: user.id, name: user.name,
        password_expires_at: user.passwordExpiresAt === undefined ? null : wireTime(user.passwordExpiresAt),
      },
      audit_ids: [...claims.auditIds],
      expires_at: wireTime(claims.expiresAt),
      issued_at: wireTime(claims.issuedAt),
      ...scopeView(authorization),
      ...(claims.scope.kind !== 'unscoped' && { roles: authorization.roles.map(({ id, name }) => ({ id, name })) }),
      ...(catalog !== undefined && { catalog }),
      ...delegationView(authorization),
    },
  };
}

function scopeView({ scope }: Authorization) {
  if (scope.kind === 'system') return { system: { all: true } };
  if (scope.kind === 'domain') return { domain: { id: scope.domainId, name: scope.domainName } };
  if (scope.kind === 'unscoped') return {};
  const project = { domain: { id: scope.projectDomainId, name: scope.projectDomainName }, id: scope.projectId, name: scope.projectName };
  return { project, is_domain: false };
}

function delegationView({ applicationCredential, trust }: Authorization) {
  return {
    ...(applicationCredential !== undefined && {
      application_credential: {
        id: applicationCredential.id, name: applicationCredential.name, restricted: !applicationCredential.isUnrestricted,
        ...(applicationCredential.accessRules !== undefined && { access_rules: applicationCredential.accessRules }),
      },
    }),
    ...(trust !== undefined && {
      'OS-TRUST:trust': { id: trust.id, trustor_user: { id: trust.trustorUserId }, trustee_user: { id: trust.trusteeUserId }, impersonation: trust.isImpersonated },
    }),
  };
}
