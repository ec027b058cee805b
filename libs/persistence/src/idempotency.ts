import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Clock, Conflict, Invalid, days, systemClock } from '@virga/kernel';
import type { Tx } from './database.js';
import { withClaim } from './idempotency-context.js';
import { IdempotencySeal, type IdempotentRequest } from './idempotency-seal.js';
import type { Migration } from './migrations.js';
import type { PostgresDatabase } from './postgres-database.js';

/** An answer that can be given again. */
export interface StoredReply {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** How long an answer is kept; too short and a client's late retry has a second effect, too long and the table grows. */
const KEPT_FOR = days(1);

/** Tells a client that the answer is the first one's. */
const REPLAYED = { 'idempotent-replayed': 'true' };

const PURGE_BATCH = 1_000;

/** The migrations of every schema whose service honours idempotency keys. */
export const idempotencyMigrations: readonly Migration[] = [{
  name: 'shared-0001-idempotency-key',
  up: `
    CREATE TABLE idempotency_key (
      project_id text NOT NULL,
      key_hash bytea NOT NULL,
      route text NOT NULL,
      fingerprint bytea NOT NULL,
      claim uuid NOT NULL,
      reply bytea,
      created_at timestamptz NOT NULL,
      CONSTRAINT idempotency_key_pkey PRIMARY KEY (project_id, key_hash)
    );
    CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);
    COMMENT ON COLUMN idempotency_key.reply IS 'encrypted with a key made from the client''s; null until the request was answered'`,
}];

/** Another request with the same key was there first. */
class KeyTaken extends Conflict {
  constructor() {
    super('request.idempotency.unfinished', 'A request with this Idempotency-Key is not finished, or was interrupted before its answer was kept.');
  }
}

/**
 * Gives a repeated request the first one's answer and no second effect, for a day.
 *
 * Theory of operation. While a request is served, its first transaction begins with a row for its key, so effect and row
 * commit together; a second request of the same key waits for that commit, fails on the row, and is given what the first
 * answered. A transaction that fails takes the row with it: the request may be repeated. If the process dies between the
 * commit and keeping the answer, repetitions are refused (409) rather than carried out again. Requests without any
 * transaction leave nothing.
 */
export class IdempotentRequests {
  constructor(private readonly database: PostgresDatabase, private readonly clock: Clock = systemClock) {}

  /** Serves `request` by `work`, or by the answer kept; throws `Conflict` where there is none yet, `Invalid` (422) for another body. */
  async run(request: IdempotentRequest, work: () => Promise<StoredReply>): Promise<StoredReply> {
    const seal = new IdempotencySeal(request);
    const kept = await this.find(request, seal);
    if (kept !== undefined) return kept;
    const claim = { id: randomUUID(), isCommitted: false };
    try {
      const reply = await withClaim((tx) => this.claim(tx, request, seal, claim), work);
      if (claim.isCommitted && !(reply.body instanceof Readable)) await this.keep(request, seal, claim.id, reply);
      return reply;
    } catch (error) {
      if (!(error instanceof KeyTaken)) throw error;
      return await this.find(request, seal) ?? Promise.reject(error);
    }
  }

  /** Forgets answers that are older than a day, and tells how many. */
  async purge(): Promise<number> {
    let purged = 0;
    for (let count = PURGE_BATCH; count === PURGE_BATCH; purged += count) {
      const rows = await this.database.sql`
        DELETE FROM idempotency_key WHERE (project_id, key_hash) IN (
          SELECT project_id, key_hash FROM idempotency_key WHERE created_at < ${this.oldest()} LIMIT ${PURGE_BATCH})
        RETURNING true AS purged`;
      count = rows.length;
    }
    return purged;
  }

  private async find(request: IdempotentRequest, seal: IdempotencySeal): Promise<StoredReply | undefined> {
    const [row] = await this.database.sql<{ fingerprint: Buffer; reply: Buffer | null }>`
      SELECT fingerprint, reply FROM idempotency_key
      WHERE project_id = ${request.projectId} AND key_hash = ${seal.keyHash} AND created_at >= ${this.oldest()}`;
    if (row === undefined) return undefined;
    if (!row.fingerprint.equals(seal.fingerprint)) {
      throw new Invalid('request.idempotency.mismatch', 'This Idempotency-Key was used for another request.', { status: 422 });
    }
    if (row.reply === null) throw new KeyTaken();
    const reply = seal.open(row.reply) as StoredReply;
    return { ...reply, headers: { ...reply.headers, ...REPLAYED } };
  }

  /** Several transactions of one request carry the same claim; an old row is taken over, purged or not. */
  private async claim(tx: Tx, { projectId, route }: IdempotentRequest, seal: IdempotencySeal, claim: { id: string; isCommitted: boolean }): Promise<void> {
    if (claim.isCommitted) return;
    const rows = await tx.sql`
      INSERT INTO idempotency_key AS k (project_id, key_hash, route, fingerprint, claim, created_at)
      VALUES (${projectId}, ${seal.keyHash}, ${route}, ${seal.fingerprint}, ${claim.id}, ${new Date(this.clock.now())})
      ON CONFLICT (project_id, key_hash) DO UPDATE SET
        route = excluded.route, fingerprint = excluded.fingerprint, claim = excluded.claim, reply = NULL, created_at = excluded.created_at
      WHERE k.created_at < ${this.oldest()} OR k.claim = excluded.claim
      RETURNING true AS claimed`;
    if (rows.length === 0) throw new KeyTaken();
    tx.afterCommit(() => {
      claim.isCommitted = true;
    });
  }

  /** The effect has taken place: an answer that cannot be kept is still the answer. */
  private async keep({ projectId }: IdempotentRequest, seal: IdempotencySeal, claim: string, reply: StoredReply): Promise<void> {
    try {
      await this.database.sql`
        UPDATE idempotency_key SET reply = ${seal.close(reply)}
        WHERE project_id = ${projectId} AND key_hash = ${seal.keyHash} AND claim = ${claim}`;
    } catch (error) {
      this.database.report('idempotency.reply.lost', error);
    }
  }

  private oldest(): Date {
    return new Date(this.clock.now() - KEPT_FOR);
  }
}
