import { Injectable } from '@nestjs/common';
import { ACCESS_KEY_TYPE, accessKeyOf, TokenVerifier, type Authorization } from '@virga/identity-client';
import { Forbidden, type Caller } from '@virga/kernel';
import { fragment, type Fragment } from '@virga/persistence';
import type { Credential, KeyDelegation } from './credential.js';

/**
 * What a caller may touch of the credentials that policy allows.
 *
 * Whoever acts by a delegation (an application credential or a trust) reaches only access keys of the delegation's project, and by a trust
 * only those made by the same trust: anything else would let it outlive or widen what was passed on. An application credential that is restricted
 * reaches none (identity API, "unrestricted").
 */
export class Reach {
  constructor(private readonly caller: Caller, private readonly authorization: Pick<Authorization, 'applicationCredential' | 'trust'>) {}

  /** The delegation that the caller acts by, which keys that it makes are bound to. */
  get delegation(): KeyDelegation {
    return { applicationCredentialId: this.authorization.applicationCredential?.id, trustId: this.authorization.trust?.id };
  }

  includes(credential: Pick<Credential, 'type' | 'projectId' | 'blob'>): boolean {
    if (!this.isDelegated) return true;
    if (!this.isOfProject(credential)) return false;
    return this.authorization.trust === undefined || accessKeyOf(credential.blob)?.trustId === this.authorization.trust.id;
  }

  /** Throws `Forbidden` where the caller may not touch the credential. */
  require(credential: Pick<Credential, 'type' | 'projectId' | 'blob'>): void {
    if (!this.includes(credential)) refuse();
  }

  /** The same for a credential that is still to be made: by a delegation only for its own user, and not by one whose uses are counted, since a key has no count. */
  requireNew({ type, projectId, userId }: Pick<Credential, 'type' | 'projectId' | 'userId'>): void {
    if (!this.isDelegated) return;
    if (!this.isOfProject({ type, projectId }) || userId !== this.caller.userId || this.authorization.trust?.remainingUses !== undefined) refuse();
  }

  /** Conditions on a credential `c` as far as rows show it; `includes` says the rest. */
  filter(): Fragment[] {
    if (!this.isDelegated) return [];
    return this.isRestricted ? [fragment`FALSE`] : [fragment`c.type = ${ACCESS_KEY_TYPE}`, fragment`c.project_id = ${this.caller.projectId ?? ''}`];
  }

  private isOfProject({ type, projectId }: Pick<Credential, 'type' | 'projectId'>): boolean {
    return !this.isRestricted && type === ACCESS_KEY_TYPE && projectId === (this.caller.projectId ?? null);
  }

  private get isDelegated(): boolean {
    return this.authorization.applicationCredential !== undefined || this.authorization.trust !== undefined;
  }

  private get isRestricted(): boolean {
    return this.authorization.applicationCredential?.isUnrestricted === false;
  }
}

/** Tells the reach of callers from their tokens. */
@Injectable()
export class Reaches {
  constructor(private readonly verifier: TokenVerifier) {}

  async of(caller: Caller): Promise<Reach> {
    return new Reach(caller, (await this.verifier.verify(caller.token)).authorization);
  }
}

function refuse(): never {
  throw new Forbidden('identity.credential.delegated', 'A token of an application credential or trust cannot manage this credential.');
}
