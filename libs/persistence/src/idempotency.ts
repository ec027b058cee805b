import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Clock, Conflict, Fault, Invalid, days, minutes, systemClock } from '@virga/kernel';
import type { Tx } from './database.js';
import { type MadeRow, withKeyedRequest } from './idempotency-context.js';
import { IdempotencySeal, type IdempotentRequest } from './idempotency-seal.js';
import type { Migration } from './migrations.js';
import type { PostgresDatabase } from './postgres-database.js';
import { json } from './sql.js';

/** An answer that can be given again. */
export interface StoredReply {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** How long an answer is kept; too short and a client's late retry has a second effect, too long and the table grows. */
const KEPT_FOR = days(1);

/**
 * How long a request without an answer counts as being served. Too short: a repetition is told that the answer is lost while it is on its way.
 * Too long: after a crash, repetitions are told for so long to wait for an answer that does not come.
 */
const SERVED_FOR = minutes(2);

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
}, {
  name: 'shared-0002-lost-answers',
  up: `
    ALTER TABLE idempotency_key ADD COLUMN served_until timestamptz, ADD COLUMN made jsonb;
    COMMENT ON COLUMN idempotency_key.served_until IS 'until when somebody may still be about to answer';
    COMMENT ON COLUMN idempotency_key.made IS 'the first rows that the request inserted: [{table, id}]'`,
}];

/** Another request with the same key was there first. */
class KeyTaken extends Conflict {
  constructor() {
    super('request.idempotency.unfinished', 'A request with this Idempotency-Key is being served; try again shortly.');
  }
}

/** The request with this key took effect, and what it was answered is not known any more. */
class AnswerLost extends Conflict {
  constructor() {
    super('request.idempotency.answer-lost', 'The request with this Idempotency-Key was carried out, but its answer was lost. Look for what it made before you send it again with another key.', { status: 410 });
  }
}

/** Answers a repetition by what the first request made, as it is now; undefined where that cannot be shown. */
export type ShowMade = (made: readonly MadeRow[]) => Promise<StoredReply | undefined>;

/**
 * Gives a repeated request the first one's answer and no second effect, for a day.
 *
 * Theory of operation. While a request is served, its first transaction begins with a row for its key, so effect and row
 * commit together; a second request of the same key waits for that commit, fails on the row, and is given what the first
 * answered. A transaction that fails takes the row with it: the request may be repeated. Requests without any transaction
 * leave nothing.
 *
 * The answer is kept after the commit, so it is lost where the process dies in between, where the request fails after a first
 * transaction, or where the database goes away. Repetitions are never carried out again. The row names what the
 * first request inserted, so a repetition is answered with that thing as it is now, where the endpoint can show it. Elsewhere it is
 * told to wait (409) while the first request may still be answered, and afterwards the truth: carried out, answer lost (410).
 */
export class IdempotentRequests {
  constructor(private readonly database: PostgresDatabase, private readonly clock: Clock = systemClock) {}

  /** Serves `request` by `work`, by the answer kept, or by `show`; throws `Conflict` where there is no answer yet or any more, `Invalid` (422) for another body. */
  async run(request: IdempotentRequest, work: () => Promise<StoredReply>, show: ShowMade = async () => undefined): Promise<StoredReply> {
    const seal = new IdempotencySeal(request);
    const kept = await this.find(request, seal, show);
    if (kept !== undefined) return kept;
    const claim = { id: randomUUID(), isCommitted: false };
    try {
      const reply = await withKeyedRequest({
        claim: (tx) => this.claim(tx, request, seal, claim), made: (tx, rows) => this.note(tx, request, seal, claim.id, rows),
      }, work);
      if (claim.isCommitted && !(reply.body instanceof Readable)) await this.keep(request, seal, claim.id, reply);
      return reply;
    } catch (error) {
      if (claim.isCommitted) await this.giveUp(request, seal, claim.id);
      if (!(error instanceof KeyTaken)) throw error;
      return await this.find(request, seal, show) ?? Promise.reject(error);
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

  private async find(request: IdempotentRequest, seal: IdempotencySeal, show: ShowMade): Promise<StoredReply | undefined> {
    const [row] = await this.database.sql<KeyRow>`
      SELECT fingerprint, reply, served_until, made FROM idempotency_key
      WHERE project_id = ${request.projectId} AND key_hash = ${seal.keyHash} AND created_at >= ${this.oldest()}`;
    if (row === undefined) return undefined;
    if (!row.fingerprint.equals(seal.fingerprint)) {
      throw new Invalid('request.idempotency.mismatch', 'This Idempotency-Key was used for another request.', { status: 422 });
    }
    const reply = row.reply === null ? await this.withoutAnswer(row, show) : seal.open(row.reply) as StoredReply;
    return { ...reply, headers: { ...reply.headers, ...REPLAYED } };
  }

  private async withoutAnswer({ made, served_until: servedUntil }: KeyRow, show: ShowMade): Promise<StoredReply> {
    const shown = made === null ? undefined : await show(made).catch(unlessUnshowable);
    if (shown !== undefined) return shown;
    throw servedUntil !== null && servedUntil.getTime() > this.clock.now() ? new KeyTaken() : new AnswerLost();
  }

  /** Several transactions of one request carry the same claim; an old row is taken over, purged or not. */
  private async claim(tx: Tx, { projectId, route }: IdempotentRequest, seal: IdempotencySeal, claim: { id: string; isCommitted: boolean }): Promise<void> {
    if (claim.isCommitted) return;
    const rows = await tx.sql`
      INSERT INTO idempotency_key AS k (project_id, key_hash, route, fingerprint, claim, created_at, served_until)
      VALUES (${projectId}, ${seal.keyHash}, ${route}, ${seal.fingerprint}, ${claim.id}, ${new Date(this.clock.now())}, ${new Date(this.clock.now() + SERVED_FOR)})
      ON CONFLICT (project_id, key_hash) DO UPDATE SET
        route = excluded.route, fingerprint = excluded.fingerprint, claim = excluded.claim, reply = NULL, created_at = excluded.created_at,
        served_until = excluded.served_until, made = CASE WHEN k.claim = excluded.claim THEN k.made END
      WHERE k.created_at < ${this.oldest()} OR k.claim = excluded.claim
      RETURNING true AS claimed`;
    if (rows.length === 0) throw new KeyTaken();
    tx.afterCommit(() => {
      claim.isCommitted = true;
    });
  }

  /** What the first of the request's transactions that inserts something inserts. */
  private async note(tx: Tx, { projectId }: IdempotentRequest, seal: IdempotencySeal, claim: string, made: readonly MadeRow[]): Promise<void> {
    if (made.length === 0) return;
    await tx.sql`
      UPDATE idempotency_key SET made = ${json(made)} WHERE project_id = ${projectId} AND key_hash = ${seal.keyHash} AND claim = ${claim} AND made IS NULL`;
  }

  /** The request failed after it had an effect: nobody need wait for its answer. */
  private async giveUp({ projectId }: IdempotentRequest, seal: IdempotencySeal, claim: string): Promise<void> {
    await this.database.sql`UPDATE idempotency_key SET served_until = NULL WHERE project_id = ${projectId} AND key_hash = ${seal.keyHash} AND claim = ${claim}`
      .catch((error: unknown) => this.database.report('idempotency.reply.lost', error));
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

interface KeyRow {
  fingerprint: Buffer;
  reply: Buffer | null;
  served_until: Date | null;
  made: MadeRow[] | null;
}

/** What was made may be gone by now, or hidden from who asks; any other failure is one of this request. */
function unlessUnshowable(error: unknown): undefined {
  if (error instanceof Fault && (error.kind === 'not-found' || error.kind === 'forbidden')) return undefined;
  throw error;
}
