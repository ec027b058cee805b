/** What a token is for, by ids only. */
export type TokenScope =
  | { kind: 'project'; id: string }
  | { kind: 'domain'; id: string }
  | { kind: 'system' }
  | { kind: 'unscoped' };

/** What a token says. What its holder may do is not in it: that is read when it is used. */
export interface TokenClaims {
  userId: string;
  scope: TokenScope;
  /** How the holder authenticated: `password`, `token`, `application_credential`. */
  methods: readonly string[];
  /** Its own audit id and, for a token made from a token, that of the first one. */
  auditIds: readonly string[];
  /** Milliseconds since the epoch. */
  issuedAt: number;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** The sum of the epochs of user, project and domains under which it was issued; it is void under another. */
  epoch: number;
  applicationCredentialId?: string;
  trustId?: string;
}

/** The JSON that is signed: short names, because every request carries it. */
interface Payload {
  sub: string;
  scp?: string;
  amr: string[];
  aud: string[];
  iat: number;
  exp: number;
  ep: number;
  ac?: string;
  tr?: string;
}

export function payloadOf(claims: TokenClaims): string {
  const payload: Payload = {
    sub: claims.userId,
    ...scopeMember(claims.scope),
    amr: [...claims.methods],
    aud: [...claims.auditIds],
    iat: claims.issuedAt / 1000,
    exp: claims.expiresAt / 1000,
    ep: claims.epoch,
    ...(claims.applicationCredentialId !== undefined && { ac: claims.applicationCredentialId }),
    ...(claims.trustId !== undefined && { tr: claims.trustId }),
  };
  return JSON.stringify(payload);
}

/** Reads what `payloadOf` wrote; only called for text whose signature is ours. */
export function claimsOf(text: string): TokenClaims {
  const payload = JSON.parse(text) as Payload;
  return {
    userId: payload.sub,
    scope: scopeOf(payload.scp),
    methods: payload.amr,
    auditIds: payload.aud,
    issuedAt: Math.round(payload.iat * 1000),
    expiresAt: Math.round(payload.exp * 1000),
    epoch: payload.ep,
    ...(payload.ac !== undefined && { applicationCredentialId: payload.ac }),
    ...(payload.tr !== undefined && { trustId: payload.tr }),
  };
}

function scopeMember(scope: TokenScope): { scp?: string } {
  if (scope.kind === 'unscoped') return {};
  return { scp: scope.kind === 'system' ? 's' : `${scope.kind === 'project' ? 'p' : 'd'}:${scope.id}` };
}

function scopeOf(text: string | undefined): TokenScope {
  if (text === undefined) return { kind: 'unscoped' };
  if (text === 's') return { kind: 'system' };
  return { kind: text.startsWith('p') ? 'project' : 'domain', id: text.slice(2) };
}
