import { Conflict, Forbidden } from '@virga/kernel';

export interface Role {
  id: string;
  name: string;
  /** Null for a role of the whole cloud. */
  domainId: string | null;
  description: string | null;
  options: Readonly<Record<string, unknown>>;
  extra: Readonly<Record<string, unknown>>;
}

export type RoleChange = Partial<Pick<Role, 'name' | 'description' | 'options' | 'extra'>>;

/** That whoever has `prior` has `implied` too. */
export interface Implication {
  prior: Pick<Role, 'id' | 'name'>;
  implied: Pick<Role, 'id' | 'name'>;
}

export class RoleExists extends Conflict {
  constructor(name: string) {
    super('identity.role.exists', `There is already a role named '${name}'.`);
  }
}

/** `admin` may not be implied, or whoever edits lesser roles could become one; nor may a role of a domain by one of the whole cloud. */
export class NotImpliable extends Forbidden {
  constructor(name: string) {
    super('identity.role.implication', `The role '${name}' cannot be implied by another.`);
  }
}

export function requireImpliable(prior: Role, implied: Role): void {
  if (implied.name.toLowerCase() === 'admin' || (prior.domainId === null && implied.domainId !== null) || implied.id === prior.id) throw new NotImpliable(implied.name);
}
