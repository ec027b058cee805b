import type { BodyOf } from '@virga/contract';
import type { createToken } from '@virga/contracts-identity';
import { Invalid } from '@virga/kernel';

export type AuthenticationRequest = BodyOf<typeof createToken>['auth'];
export type Identity = AuthenticationRequest['identity'];

/** What a method proves: who it is, and limits that whatever token comes of it keeps. */
export interface Proof {
  method: string;
  userId: string;
  applicationCredential?: { id: string; projectId: string };
  /** The token it was proved by. */
  ancestor?: { methods: readonly string[]; auditIds: readonly string[] };
  /** No token may live longer. */
  expiresAt?: number;
}

/** A resource named by its id or by its name, for users and projects within a domain. */
export type Reference = { id: string } | { name: string; domain?: { id: string } | { name: string } };

interface WrittenReference {
  id?: string;
  name?: string;
  domain?: { id?: string; name?: string };
}

/** Reads a reference; users and projects without an id need their domain. Throws `Invalid`. */
export function reference(written: WrittenReference, what: 'user' | 'project' | 'domain' | 'application credential'): Reference {
  if (written.id !== undefined) return { id: written.id };
  if (written.name === undefined) throw new Invalid('token.request.reference', `Name the ${what} by 'id' or by 'name'.`);
  if (what === 'domain' || what === 'application credential') return { name: written.name };
  const { domain } = written;
  if (domain?.id !== undefined) return { name: written.name, domain: { id: domain.id } };
  if (domain?.name !== undefined) return { name: written.name, domain: { name: domain.name } };
  throw new Invalid('token.request.domain', `A ${what} named by 'name' needs its 'domain'.`);
}

/** What the caller wants the token for. */
export type WantedScope =
  | { kind: 'default' } | { kind: 'unscoped' } | { kind: 'system' }
  | { kind: 'project' | 'domain'; of: Reference }
  | { kind: 'trust'; id: string };

/** Reads `auth.scope`. Throws `Invalid` where it names nothing or several things. */
export function wantedScope(scope: AuthenticationRequest['scope']): WantedScope {
  if (scope === undefined) return { kind: 'default' };
  if (scope === 'unscoped') return { kind: 'unscoped' };
  const wanted: WantedScope[] = [];
  if (scope.project !== undefined) wanted.push({ kind: 'project', of: reference(scope.project, 'project') });
  if (scope.domain !== undefined) wanted.push({ kind: 'domain', of: reference(scope.domain, 'domain') });
  if (scope.system?.all === true) wanted.push({ kind: 'system' });
  if (scope['OS-TRUST:trust'] !== undefined) wanted.push({ kind: 'trust', id: scope['OS-TRUST:trust'].id });
  if (scope.unscoped !== undefined) wanted.push({ kind: 'unscoped' });
  const [first, second] = wanted;
  if (first === undefined || second !== undefined) throw new Invalid('token.request.scope', 'A token has one scope: a project, a domain, the system, a trust, or unscoped.');
  return first;
}
