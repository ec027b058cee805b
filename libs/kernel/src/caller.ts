import type { ProjectId, UserId } from './ids.js';

export type RoleName = string;

/** What a token is for. */
export type Scope =
  | { kind: 'project'; projectId: ProjectId; projectName: string; projectDomainId: string; projectDomainName: string }
  | { kind: 'domain'; domainId: string; domainName: string }
  | { kind: 'system' }
  | { kind: 'unscoped' };

/** Who is asking, as far as authorization is concerned: made from a verified token, never from input. */
export interface Caller {
  userId: UserId;
  userName: string;
  userDomainId: string;
  userDomainName: string;
  scope: Scope;
  /** The effective roles' names in lower case, implied roles included. */
  roles: ReadonlySet<RoleName>;
  roleIds: readonly string[];
  /** The project of a project scope; undefined for every other scope. */
  projectId: ProjectId | undefined;
  /** The service user's own caller when a user's token came with `X-Service-Token`. */
  service?: Caller;
  /** The token as it came, for calls made on the caller's behalf; empty for our own services. Never logged. */
  token: string;
  /** The token's audit ids: its own and, for a token made from a token, its ancestor's. */
  auditIds: readonly string[];
  expiresAt: number;
  requestId: string;
}

/** The caller of endpoints that need no token (versions, health). */
export function anonymous(requestId: string): Caller {
  return {
    userId: '' as UserId, userName: '', userDomainId: '', userDomainName: '',
    scope: { kind: 'unscoped' }, roles: new Set(), roleIds: [], projectId: undefined,
    token: '', auditIds: [], expiresAt: 0, requestId,
  };
}
