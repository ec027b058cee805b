import { Loop, milliseconds, minutes, seconds, systemClock, withRequestId, type Clock, type Duration, type Instant } from '@virga/kernel';
import { silentLogger, type Logger } from '@virga/observability';
import type { Database } from '@virga/persistence';
import { LostClaim } from './active-run.js';
import { Attempt, type AroundStep, type AttemptParts } from './attempt.js';
import type { Kinds } from './kinds.js';
import { silentObserver, type OperationObserver } from './observer.js';
import type { OperationId } from './operation.js';
import { claimDue, countUnknown, renewClaims, takeFromTheDead, type Held, type OperationRow } from './operation-table.js';
import type { Operations } from './operations.js';

/**
 * How long a worker may go without renewing its claim on an operation.
 *
 * Too low: a worker that pauses (garbage collection, slow disk) loses the claim and its step is run again by another;
 * harmless, since steps are repeatable, but wasteful. Too high: what was on a machine that vanished waits that long; processes
 * that died are noticed at once.
 * Renewal happens every third of this.
 */
export const CLAIM_LEASE: Duration = seconds(30);

/** Between looks without a reason. Too low: idle machines work. Too high: what a dead or busy process left waits that long. */
const POLL: Duration = seconds(2);

/** Between looks for what dead processes hold. Too low: idle machines work. Too high: after a crash, users watch a frozen BUILD for this long. */
const SUCCESSION: Duration = seconds(5);

/** Operations that one process works on at once. Too low: a burst queues up. Too high: it fights for database connections. */
const CONCURRENCY = 16;

/** Between looks for operations that nobody can run; an upgrade in progress makes some for a while. */
const INSPECTION: Duration = minutes(1);

export interface EngineParts {
  db: Database;
  kinds: Kinds;
  operations: Operations;
  clock?: Clock;
  logger?: Logger;
  observer?: OperationObserver;
  concurrency?: number;
  lease?: Duration;
  /** In [0, 1), for jitter. */
  random?: () => number;
  /** For tests. */
  aroundStep?: AroundStep;
}

interface Running extends Held {
  stop: AbortController;
  ended: Promise<void>;
}

/**
 * Runs due operations.
 *
 * Theory of operation. Any number of engines share the table: a claim is one statement with `SKIP LOCKED` that pushes
 * `due_at` ahead by the lease and raises the fence. A commit in this process nudges the engine at once; a slow poll finds
 * what others left. If this process dies, so do its sessions with the database, by which any other, or its successor, sees
 * that it is gone and takes its operations; where nobody sees that, they become due again when their leases run out.
 */
export class Engine {
  private readonly running = new Map<OperationId, Running>();
  private readonly loop: Loop;
  private readonly renewal: Loop;
  private readonly inspection: Loop;
  private readonly succession: Loop;
  private readonly parts: AttemptParts;
  private readonly concurrency: number;
  private filling: Promise<number> = Promise.resolve(0);
  private unsubscribe: () => void = () => undefined;
  /** Whether more was due than there was room for. */
  private isBacklogged = false;
  /** When something that this engine let go is due again, before the next poll. */
  private looks: Instant[] = [];
  private isStopping = false;

  constructor(private readonly options: EngineParts) {
    const { db, clock = systemClock, logger = silentLogger, observer = silentObserver, lease = CLAIM_LEASE } = options;
    this.parts = { db, clock, logger, observer, lease, random: options.random ?? Math.random, aroundStep: options.aroundStep ?? ((_, work) => work()) };
    this.concurrency = options.concurrency ?? CONCURRENCY;
    const failed = (error: unknown): void => logger.warn('operation.engine-failed', { error });
    this.loop = new Loop({ rest: POLL, turn: () => this.turn(), failed });
    this.renewal = new Loop({ rest: (lease / 3) as Duration, turn: () => this.renew(), failed });
    this.inspection = new Loop({ rest: INSPECTION, turn: () => this.inspect(), failed });
    this.succession = new Loop({ rest: SUCCESSION, turn: () => this.succeed(), failed });
  }

  start(): void {
    this.unsubscribe = this.options.operations.subscribe({
      due: () => this.loop.wake(),
      superseded: (id) => this.running.get(id)?.stop.abort(new LostClaim(id)),
    });
    this.loop.start();
    this.renewal.start();
    this.inspection.start();
    this.succession.start();
  }

  /** Takes nothing more, lets the present steps end as long as the signal allows, and leaves the rest to other workers. */
  async stop(signal: AbortSignal): Promise<void> {
    this.unsubscribe();
    this.isStopping = true;
    await Promise.all([this.loop.stop(), this.inspection.stop(), this.succession.stop()]);
    const abort = (): void => this.running.forEach(({ stop }) => stop.abort(signal.reason));
    signal.addEventListener('abort', abort);
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
    signal.removeEventListener('abort', abort);
    await this.renewal.stop();
  }

  /** Runs everything that is due by the clock, and what that makes due, until nothing is. Works without `start`. */
  async settled(): Promise<void> {
    for (;;) {
      const claimed = await this.fill();
      if (claimed === 0 && this.running.size === 0) return;
      if (this.running.size > 0) await Promise.race([...this.running.values()].map(({ ended }) => ended));
    }
  }

  private async turn(): Promise<Duration> {
    const now = this.parts.clock.now();
    this.looks = this.looks.filter((look) => look > now);
    await this.fill();
    return milliseconds(Math.max(0, Math.min(POLL, ...this.looks.map((look) => look - this.parts.clock.now()))));
  }

  /** One claim at a time: two at once would both count the same free room. */
  private fill(): Promise<number> {
    this.filling = this.filling.catch(() => 0).then(() => this.claim());
    return this.filling;
  }

  private async claim(): Promise<number> {
    const limit = this.concurrency - this.running.size;
    this.isBacklogged = limit <= 0;
    if (limit <= 0) return 0;
    const { db, clock, lease } = this.parts;
    const rows = await claimDue(db, { now: clock.now(), lease, limit, known: this.options.kinds.known });
    this.isBacklogged = rows.length === limit;
    for (const row of rows) this.take(row);
    return rows.length;
  }

  private take(row: OperationRow): void {
    // Our own older claim ran out while its step went on: that one has lost.
    this.running.get(row.id)?.stop.abort(new LostClaim(row.id));
    const stop = new AbortController();
    const running: Running = { id: row.id, fence: row.fence, stop, ended: Promise.resolve() };
    running.ended = withRequestId(row.request_id, () => this.drive(row, stop)).finally(() => this.ended(running));
    this.running.set(row.id, running);
  }

  private ended(running: Running): void {
    if (this.running.get(running.id) === running) this.running.delete(running.id);
    if (this.isBacklogged) this.loop.wake();
  }

  /** Never rejects: what this worker cannot record, another finds when the lease has run out. */
  private async drive(row: OperationRow, stop: AbortController): Promise<void> {
    const { logger } = this.parts;
    const operation = this.options.kinds.find(row);
    if (operation === undefined) return;
    try {
      const next = await new Attempt(this.parts, operation, row, { signal: stop.signal, isStopping: () => this.isStopping }).run();
      if (next !== undefined) this.lookAgain(next);
    } catch (error) {
      logger.warn('operation.left-to-lease', { operation: row.id, kind: row.kind, error });
    }
  }

  private lookAgain(at: Instant): void {
    if (at - this.parts.clock.now() >= POLL) return;
    this.looks.push(at);
    this.loop.wake();
  }

  private async renew(): Promise<void> {
    if (this.running.size === 0) return;
    const { db, clock, lease } = this.parts;
    const held = [...this.running.values()];
    const ours = await renewClaims(db, held, clock.now() + lease);
    for (const { id, stop } of held) if (!ours.has(id)) stop.abort(new LostClaim(id));
  }

  /** Takes over what dead processes held; works without `start`. */
  async succeed(): Promise<void> {
    const { db, clock, logger } = this.parts;
    const count = await takeFromTheDead(db, clock.now());
    if (count === 0) return;
    logger.info('operation.taken-over', { count });
    this.loop.wake();
  }

  private async inspect(): Promise<void> {
    const { db, clock, logger } = this.parts;
    const unknown = await countUnknown(db, this.options.kinds.known, clock.now() - INSPECTION);
    for (const { kind, version, count } of unknown) logger.error('operation.kind-unknown', { kind, version, count });
  }
}
