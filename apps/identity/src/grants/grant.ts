import type { GrantActor, GrantTarget } from '@virga/contracts-identity';
import { Forbidden, NotFound } from '@virga/kernel';

/** A kind of grant: who gets the role, on what, and whether it reaches the projects below instead of the target itself. */
export interface GrantKind {
  actor: GrantActor;
  target: GrantTarget;
  isInherited: boolean;
}

/** Who, and on what; `targetId` is null for the system. */
export interface GrantPlace extends GrantKind {
  actorId: string;
  targetId: string | null;
}

export class NoSuchGrant extends NotFound {
  constructor(roleId: string) {
    super('identity.grant.not-found', `There is no such assignment of role ${roleId}.`);
  }
}

export class ForeignRole extends Forbidden {
  constructor(roleId: string) {
    super('identity.grant.domain', `The role ${roleId} belongs to another domain.`);
  }
}
