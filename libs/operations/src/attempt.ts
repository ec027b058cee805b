import { Bug, Unavailable, faultOf, raise, recordOf, type Clock, type Duration, type Fault, type FaultRecord } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import type { Database } from '@virga/persistence';
import { ActiveRun, LostClaim } from './active-run.js';
import type { AnyOperation, Outcome, Run, WakeKey } from './operation.js';
import type { OperationObserver } from './observer.js';
import {
  advance, announceWait, beginAbandoning, finishOperation, parkUntil, release, requireStarted, type Held, type OperationRow, type StepEnd,
} from './operation-table.js';
import { mayPass, pauseBefore } from './retry.js';

/** The deadline came first; what was in the way is the cause that the owner reads. */
export class DeadlineExceeded extends Unavailable {
  constructor(step: string) {
    super('operation.deadline-exceeded', 'The action could not be completed in time.', { details: { step } });
  }
}

/** A step was given up after its limit; it is repeated, as steps may be. */
export class StepTimedOut extends Unavailable {
  constructor(step: string) {
    super('operation.step.timed-out', `The step '${step}' took too long.`);
  }
}

/** For tests: runs around every step and every abandoning. */
export type AroundStep = (at: { kind: string; step: string; isAbandoning: boolean }, work: () => Promise<Outcome>) => Promise<Outcome>;

export interface AttemptParts {
  db: Database;
  clock: Clock;
  logger: Logger;
  observer: OperationObserver;
  lease: Duration;
  random: () => number;
  aroundStep: AroundStep;
}

/** Why a worker may let go in the middle: at once when `signal` aborts, after the present step when the process stops. */
export interface Leave {
  signal: AbortSignal;
  isStopping: () => boolean;
}

/** When the operation should be looked at again; undefined when it is over or belongs to another worker. */
export type NextLook = number | undefined;

/**
 * Takes one claimed operation as far as it goes: step after step, until it waits, fails for now, or is over.
 *
 * Theory of operation. Between any two writes this process may die; the lease then runs out and another worker starts
 * again with the step that the row names. Every write names the fence, so that a worker that was only slow changes nothing.
 */
export class Attempt {
  private readonly held: Held;

  private readonly signal: AbortSignal;

  constructor(
    private readonly parts: AttemptParts, private readonly operation: AnyOperation, private row: OperationRow, private readonly leave: Leave,
  ) {
    this.held = { id: row.id, fence: row.fence };
    this.signal = leave.signal;
  }

  async run(): Promise<NextLook> {
    for (;;) {
      if (this.signal.aborted || this.leave.isStopping()) return this.letGo();
      if (this.isOverdue()) {
        if (!(await this.abandon(this.row.fault === null ? new DeadlineExceeded(this.row.step) : faultOf(this.row.fault)))) return undefined;
        continue;
      }
      const next = await this.look();
      if (next !== 'again') return next;
    }
  }

  private async look(): Promise<NextLook | 'again'> {
    try {
      const outcome = await this.perform();
      return await this.record(outcome);
    } catch (error) {
      if (error instanceof LostClaim) return undefined;
      return this.failed(error);
    }
  }

  private async record(outcome: Outcome): Promise<NextLook | 'again'> {
    if (outcome.kind === 'park') return this.park(outcome.until, outcome.atMost);
    if (outcome.kind === 'finish') return this.finish(outcome);
    if (this.row.state === 'abandoning') throw new Bug('operation.abandon.done', `${this.row.kind}: abandoning ends with finish or park.`);
    return this.done(outcome.outputs);
  }

  /** One run of the present step, within its limit. */
  private async perform(): Promise<Outcome> {
    const { operation, row, parts } = this;
    const isAbandoning = row.state === 'abandoning';
    const limit = AbortSignal.timeout(operation.stepLimit);
    const signal = AbortSignal.any([this.signal, limit]);
    const run = new ActiveRun(parts.db, row, parts.clock, signal, this.isLate());
    const work = (): Promise<Outcome> => (isAbandoning ? operation.abandon(run as Run<AnyOperation>, this.reason()) : this.step().work(run as unknown as Run<never>));
    const startedAt = performance.now();
    try {
      return await within(limit, () => parts.aroundStep({ kind: row.kind, step: row.step, isAbandoning }, work), () => new StepTimedOut(row.step));
    } finally {
      parts.observer.stepRan(row.kind, isAbandoning ? 'abandon' : row.step, performance.now() - startedAt);
    }
  }

  private step(): AnyOperation['steps'][number] {
    return this.operation.steps.find(({ name }) => name === this.row.step)
      ?? raise(new Bug('operation.step.unknown', `${this.row.kind}/${this.row.version} has no step '${this.row.step}'.`));
  }

  private reason(): Fault {
    return this.row.fault === null ? new DeadlineExceeded(this.row.step) : faultOf(this.row.fault);
  }

  private async done(outputs: Readonly<Record<string, unknown>>): Promise<NextLook | 'again'> {
    const { steps } = this.operation;
    const next = steps[steps.findIndex(({ name }) => name === this.row.step) + 1];
    if (next === undefined) return this.finish({ kind: 'finish', work: async () => undefined, as: 'succeeded' }, outputs);
    const { db, clock, lease } = this.parts;
    const now = clock.now();
    if (!(await advance(db, this.held, { next: next.name, outputs, ended: this.ended('done'), now, lease }))) return undefined;
    this.row = {
      ...this.row, step: next.name, step_started_at: new Date(now), attempts: 0, fault: null, wake_key: null, outputs: { ...this.row.outputs, ...outputs },
    };
    return 'again';
  }

  /**
   * A wait for a new key is announced first, and the step then looks once more: what it waits for may have come about
   * between its look and the announcement, and nobody would wake it for that.
   */
  private async park(key: WakeKey, atMost: Duration): Promise<NextLook | 'again'> {
    const { db, clock, lease } = this.parts;
    const now = clock.now();
    if (this.row.wake_key !== key) {
      if (!(await db.transaction((tx) => announceWait(tx, this.held, key, now + lease)))) return undefined;
      this.row = { ...this.row, wake_key: key };
      return 'again';
    }
    if (this.isLate()) this.parts.logger.error('operation.waits-beyond-grace', { operation: this.row.id, kind: this.row.kind, waitingFor: key });
    return parkUntil(db, this.held, { key, until: Math.min(now + atMost, this.limit(now)), now });
  }

  /** Nothing waits beyond the deadline or the end of the grace period; after that, pauses are the engine's own. */
  private limit(now: number): number {
    const limit = (this.row.state === 'abandoning' ? this.row.grace_until : this.row.deadline_at)?.getTime() ?? now;
    return limit > now ? limit : Number.POSITIVE_INFINITY;
  }

  private async finish(outcome: Extract<Outcome, { kind: 'finish' }>, outputs: object = {}): Promise<NextLook> {
    const { db, clock, observer } = this.parts;
    const state = outcome.as ?? (this.row.state === 'abandoning' ? 'failed' : 'succeeded');
    await db.transaction(async (tx) => {
      const change = { state, outputs, ended: this.ended('done'), now: clock.now() };
      if (!(await finishOperation(tx, this.held, change))) throw new LostClaim(this.row.id);
      await outcome.work(tx);
    });
    observer.finished(this.row.kind, state, clock.now() - this.row.created_at.getTime());
    return undefined;
  }

  private async failed(error: unknown): Promise<NextLook | 'again'> {
    if (this.signal.aborted) return this.letGo();
    const { logger, observer } = this.parts;
    const { id, kind, step, state } = this.row;
    const attempts = this.row.attempts + 1;
    const isAbandoning = state === 'abandoning';
    const fields = { operation: id, kind, step: isAbandoning ? 'abandon' : step, attempts, error };
    observer.stepFailed(kind, isAbandoning ? 'abandon' : step);
    if (isAbandoning || mayPass(error, attempts)) {
      logger[this.isAlarming(error) ? 'error' : 'warn']('operation.step-will-repeat', fields);
      return this.repeatLater(attempts, recordOf(error));
    }
    logger[recordOf(error).kind === 'bug' ? 'error' : 'info']('operation.step-failed', fields);
    return (await this.abandon(error)) ? 'again' : undefined;
  }

  /** Someone should look when we do not understand an error, and when an operation cannot even be given up. */
  private isAlarming(error: unknown): boolean {
    return this.isLate() || recordOf(error).kind === 'bug';
  }

  private isLate(): boolean {
    return this.row.state === 'abandoning' && this.parts.clock.now() >= (this.row.grace_until?.getTime() ?? 0);
  }

  private async repeatLater(attempts: number, fault: FaultRecord): Promise<NextLook> {
    const { db, clock, random } = this.parts;
    const now = clock.now();
    const dueAt = Math.min(now + pauseBefore(attempts, random()), this.limit(now));
    const waitingFor = `another attempt after: ${fault.code}`;
    return (await release(db, this.held, { dueAt, attempts, waitingFor, fault, now })) ? dueAt : undefined;
  }

  /** Stopped in good order: another worker may go on at once. */
  private async letGo(): Promise<NextLook> {
    const now = this.parts.clock.now();
    await release(this.parts.db, this.held, { dueAt: now, attempts: this.row.attempts, waitingFor: 'a worker', now });
    return undefined;
  }

  private isOverdue(): boolean {
    return this.row.state === 'running' && this.parts.clock.now() >= this.row.deadline_at.getTime();
  }

  private async abandon(error: unknown): Promise<boolean> {
    const { db, clock, lease, logger } = this.parts;
    const now = clock.now();
    const fault = recordOf(error);
    const graceUntil = now + this.operation.grace;
    if (!(await beginAbandoning(db, this.held, { fault, graceUntil, ended: this.ended('failed'), now, lease }))) return false;
    logger.warn('operation.abandoned', { operation: this.row.id, kind: this.row.kind, step: this.row.step, requestId: this.row.request_id, code: fault.code });
    this.row = { ...this.row, state: 'abandoning', fault, grace_until: new Date(graceUntil), step_started_at: new Date(now), attempts: 0, wake_key: null };
    return true;
  }

  private ended(outcome: StepEnd['outcome']): StepEnd {
    const step = this.row.state === 'abandoning' ? 'abandon' : this.row.step;
    return { step, startedAt: requireStarted(this.row), outcome, attempts: this.row.attempts + 1 };
  }
}

/** The work's own end, or the error when the signal aborts first. */
async function within<T>(signal: AbortSignal, work: () => Promise<T>, error: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(error());
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
