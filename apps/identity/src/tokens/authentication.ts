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
  const wanted = namedScopes(scope);
  const [first, second] = wanted;
  if (first === undefined || second !== undefined) throw new Invalid('token.request.scope', 'A token has one scope: a project, a domain, the system, a trust, or unscoped.');
  return first;
}

function namedScopes(scope: Exclude<AuthenticationRequest['scope'], undefined | 'unscoped'>): WantedScope[] {
  const { project, domain, system, unscoped, 'OS-TRUST:trust': trust } = scope;
  return [
    ...(project === undefined ? [] : [{ kind: 'project' as const, of: reference(project, 'project') }]),
    ...(domain === undefined ? [] : [{ kind: 'domain' as const, of: reference(domain, 'domain') }]),
    ...(system?.all === true ? [{ kind: 'system' as const }] : []),
    ...(trust === undefined ? [] : [{ kind: 'trust' as const, id: trust.id }]),
    ...(unscoped === undefined ? [] : [{ kind: 'unscoped' as const }]),
  ];
}
