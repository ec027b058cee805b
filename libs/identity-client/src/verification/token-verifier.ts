import { createHash, type KeyObject } from 'node:crypto';
import { Unauthenticated, type Clock } from '@virga/kernel';
import type { Reader } from '@virga/persistence';
import type { Authorization, Denial } from '../authorization/authorization.js';
import { readAuthorizationFacts, type AuthorizationQuestion } from '../authorization/authorization-query.js';
import { judge } from '../authorization/judge.js';
import { LeastRecentMap } from '../authorization/least-recent-map.js';
import { Revision } from '../authorization/revision.js';
import type { TokenClaims } from '../tokens/claims.js';
import { findPublicKey } from '../tokens/signing-keys.js';
import { parseToken, verifyToken } from '../tokens/token-format.js';

/** A token that holds now: what it says and what its holder may do. */
export interface VerifiedToken {
  claims: TokenClaims;
  authorization: Authorization;
}

interface Entry {
  claims: TokenClaims;
  keyId: string;
  authorization?: Authorization;
}

/**
 * Tokens remembered. Too low: active clients cost a signature check and a statement per request. Too high: memory, about
 * 2 KiB each.
 */
const REMEMBERED = 5_000;

export class TokenRefused extends Unauthenticated {
  constructor(readonly reason: Denial | 'malformed' | 'forged' | 'expired' | 'missing' | 'not-in-access-rules') {
    super('token.invalid', 'The request you have made requires authentication.');
  }
}

/**
 * Verifies tokens locally.
 *
 * Theory of operation. A signature is checked once per token and process; what the token may do is read from the identity schema
 * in one statement and remembered with the revision of its snapshot. A remembered answer is used only while the revision,
 * looked up at most 400 ms ago, is still the same, so that a revocation, role removal or disabled user counts everywhere within
 * a second although nothing polls. A delegation's own end needs no look: a token never outlives it. Without the database no token can be verified: `DatabaseUnavailable` passes through.
 */
export class TokenVerifier {
  private readonly entries = new LeastRecentMap<string, Entry>(REMEMBERED);
  private readonly publicKeys = new LeastRecentMap<string, Promise<KeyObject | undefined>>(16);
  private readonly loading = new Map<string, Promise<Authorization>>();
  private readonly revision: Revision;

  constructor(private readonly db: Reader, private readonly clock: Clock) {
    this.revision = new Revision(db, clock);
  }

  /** Throws `TokenRefused` for a token that is malformed, forged, expired, revoked, or whose holder may do nothing any more. */
  async verify(token: string): Promise<VerifiedToken> {
    const hash = createHash('sha256').update(token).digest('base64');
    const entry = this.entries.get(hash) ?? await this.admit(hash, token);
    if (entry.claims.expiresAt <= this.clock.now()) throw new TokenRefused('expired');
    const revision = await this.revision.current();
    if (entry.authorization !== undefined && entry.authorization.revision >= revision) {
      return { claims: entry.claims, authorization: entry.authorization };
    }
    return { claims: entry.claims, authorization: await this.reload(hash, entry) };
  }

  /** The revision that everything remembered is compared with, at most 400 ms old; for other caches of identity's tables. */
  currentRevision(): Promise<number> {
    return this.revision.current();
  }

  private async admit(hash: string, token: string): Promise<Entry> {
    const parsed = parseToken(token);
    if (parsed === undefined) throw new TokenRefused('malformed');
    const publicKey = await this.publicKey(parsed.keyId);
    const admittedMeanwhile = this.entries.get(hash);
    if (admittedMeanwhile !== undefined) return admittedMeanwhile;
    const claims = verifyToken(parsed, publicKey);
    if (claims === undefined) throw new TokenRefused('forged');
    const entry: Entry = { claims, keyId: parsed.keyId };
    this.entries.set(hash, entry);
    return entry;
  }

  private async publicKey(id: string): Promise<KeyObject> {
    const looking = this.publicKeys.get(id) ?? findPublicKey(this.db, id);
    this.publicKeys.set(id, looking);
    // Neither absence nor failure is remembered: the key may be written the next moment.
    const found = await looking.catch((error: unknown) => {
      this.publicKeys.delete(id);
      throw error;
    });
    if (found !== undefined) return found;
    this.publicKeys.delete(id);
    throw new TokenRefused('key-unknown');
  }

  /** One statement at a time for one token, however many requests carry it. */
  private reload(hash: string, entry: Entry): Promise<Authorization> {
    const running = this.loading.get(hash);
    if (running !== undefined) return running;
    const started = this.load(entry).finally(() => this.loading.delete(hash));
    this.loading.set(hash, started);
    return started;
  }

  private async load(entry: Entry): Promise<Authorization> {
    const { claims } = entry;
    const question: AuthorizationQuestion = {
      userId: claims.userId,
      scope: claims.scope,
      token: { auditId: claims.auditIds[0] ?? '', keyId: entry.keyId },
      ...(claims.applicationCredentialId !== undefined && { applicationCredentialId: claims.applicationCredentialId }),
      ...(claims.trustId !== undefined && { trustId: claims.trustId }),
    };
    const askedAt = this.clock.now();
    const facts = await readAuthorizationFacts(this.db, question);
    delete entry.authorization;
    if (facts !== undefined) this.revision.saw(facts.revision, askedAt);
    const authorization = judge(question, facts, this.clock.now());
    if (typeof authorization === 'string') throw new TokenRefused(authorization);
    if (authorization.epoch !== claims.epoch) throw new TokenRefused('outdated');
    entry.authorization = authorization;
    return authorization;
  }
}
