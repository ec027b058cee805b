import type { Scope } from '@virga/kernel';

export interface NamedId {
  id: string;
  name: string;
}

/** A path that an application credential may ask a service for (application credential access rules). */
export interface AccessRule {
  id: string;
  service: string;
  path: string;
  method: string;
}

export interface ApplicationCredentialFacts extends NamedId {
  isUnrestricted: boolean;
  /** Absent where the credential has none and may do all that its roles allow. */
  accessRules: readonly AccessRule[] | undefined;
}

export interface TrustFacts {
  id: string;
  trustorUserId: string;
  trusteeUserId: string;
  isImpersonated: boolean;
  /** How many tokens may still be made by it; undefined where they are not counted. */
  remainingUses: number | undefined;
}

/** What somebody may do in one scope, as the database says it at one revision. */
export interface Authorization {
  /** The revision of the identity schema that this was read at. */
  revision: number;
  user: NamedId & { domain: NamedId; passwordExpiresAt: number | undefined };
  scope: Scope;
  /** Effective roles: of the user and its groups, inherited and implied ones included, domain-specific ones left out. */
  roles: readonly NamedId[];
  /** The epoch that a token issued now carries. */
  epoch: number;
  /** When the application credential or trust ends by itself, in milliseconds since the epoch. */
  endsAt: number | undefined;
  applicationCredential: ApplicationCredentialFacts | undefined;
  trust: TrustFacts | undefined;
}

/** Why somebody may do nothing; for logs, never for the caller. */
export type Denial =
  | 'user-unknown' | 'user-disabled' | 'domain-disabled' | 'scope-unknown' | 'scope-disabled' | 'no-roles' | 'revoked' | 'outdated'
  | 'key-unknown' | 'application-credential-unknown' | 'application-credential-expired' | 'trust-unknown' | 'trust-expired';
