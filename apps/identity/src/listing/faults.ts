import { Forbidden, Invalid, NotFound } from '@virga/kernel';

export type Kind =
  | 'domain' | 'project' | 'user' | 'group' | 'role' | 'service' | 'endpoint' | 'region' | 'policy' | 'credential' | 'application-credential'
  | 'access-rule' | 'registered-limit' | 'limit' | 'trust';

/** There is no such resource. */
export class Missing extends NotFound {
  constructor(kind: Kind, id: string) {
    super(`identity.${kind}.not-found`, `Could not find ${kind.replaceAll('-', ' ')}: ${id}.`);
  }
}

/** The request names, in its body, something that does not exist (400, where a path would be 404). */
export class Unknown extends Invalid {
  constructor(kind: Kind, id: string) {
    super(`identity.${kind}.unknown`, `There is no ${kind.replaceAll('-', ' ')} '${id}'.`);
  }
}

/** The resource is marked immutable. */
export class Immutable extends Forbidden {
  constructor(kind: Kind, id: string) {
    super(`identity.${kind}.immutable`, `The ${kind} ${id} is immutable. Set its option 'immutable' to false first.`);
  }
}

/** An id that the caller repeats in the body must be the one in the path; other ids cannot change. */
export function requireUnchanged(given: unknown, current: string | boolean | null, name: string): void {
  if (given !== undefined && given !== current) throw new Invalid('identity.attribute.fixed', `The attribute '${name}' cannot be changed.`);
}
