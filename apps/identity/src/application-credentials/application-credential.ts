import { Conflict, Forbidden, Invalid } from '@virga/kernel';

export interface ApplicationCredential {
  id: string;
  userId: string;
  projectId: string;
  name: string;
  description: string | null;
  isUnrestricted: boolean;
  /** UTC with microseconds, without zone: how the identity API writes this one. */
  expiresAt: string | null;
  roles: readonly { id: string; name: string; domain_id: string | null }[];
  accessRules: readonly AccessRule[] | undefined;
}

export interface AccessRule {
  id: string;
  service: string;
  path: string;
  method: string;
}

export class ApplicationCredentialExists extends Conflict {
  constructor(name: string) {
    super('identity.application-credential.exists', `The user already has an application credential named '${name}'.`);
  }
}

/** Somebody acts by a delegation that may not delegate further: it could otherwise outlive its own end. */
export class Restricted extends Forbidden {
  constructor() {
    super('identity.application-credential.restricted', 'A token of a trust, or of a restricted application credential, cannot manage application credentials or trusts.');
  }
}

export class RolesNotHeld extends Invalid {
  constructor() {
    super('identity.application-credential.roles', 'Only roles that the token has can be passed on.');
  }
}

export class AccessRuleInUse extends Forbidden {
  constructor() {
    super('identity.access-rule.in-use', 'An application credential uses this access rule.');
  }
}
