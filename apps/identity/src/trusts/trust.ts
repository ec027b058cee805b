import { Forbidden, Invalid } from '@virga/kernel';

/** What one user lets another do in its place. */
export interface Trust {
  id: string;
  trustorUserId: string;
  trusteeUserId: string;
  projectId: string | null;
  isImpersonated: boolean;
  /** UTC with microseconds and zone. */
  expiresAt: string | null;
  /** Null for any number. */
  remainingUses: number | null;
  redelegatedTrustId: string | null;
  redelegationCount: number;
  roleIds: readonly string[];
  extra: Readonly<Record<string, unknown>>;
}

export class TrustRolesNotHeld extends Forbidden {
  constructor() {
    super('identity.trust.roles', 'Only roles that the trustor has on the project can be passed on.');
  }
}

export class TrustRefused extends Invalid {
  constructor(why: string) {
    super('identity.trust.refused', why);
  }
}
