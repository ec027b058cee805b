import { Bug, Loop, mapLimit, milliseconds, minutes, newRequestId, recordOf, seconds, systemClock, withRequestId, type Clock, type Duration, type FaultRecord } from '@virga/kernel';
import { silentLogger, type Logger } from '@virga/observability';
import type { Database, Tx } from '@virga/persistence';
import { claimDebts, markPaid, postpone, takeDebtsFromTheDead, type Debt, type Debts } from './debts.js';

/** What became of an attempt to pay: paid, with what is released in the same transaction, or still owed. */
export type Payment = { readonly kind: 'paid'; readonly release: (tx: Tx) => Promise<unknown> } | { readonly kind: 'owed' };

/** The backend holds nothing any more; `release` gives back what the debt kept claimed (capacity, an exclusive volume). */
export function paid(release: (tx: Tx) => Promise<unknown> = async () => undefined): Payment {
  return { kind: 'paid', release };
}

/** The backend was asked but has not confirmed yet: look again later. */
export function owed(): Payment {
  return { kind: 'owed' };
}

/** Pays debts to one kind of backend; a payment may be repeated. */
export abstract class DebtPayer {
  /** The part of `Leftover.backend` before a colon. */
  abstract readonly backend: string;
  /** Looks whether anything is left, removes it or asks for that; throws what the backend throws. */
  abstract pay(debt: Debt, signal: AbortSignal): Promise<Payment>;
}

/** Between looks without a reason. */
const POLL: Duration = seconds(5);
const LEASE: Duration = minutes(2);
const BATCH = 32;
const AT_ONCE = 4;
/** Between attempts at one debt, doubling. Too low: a dead host is asked in vain all day. Too high: its return is noticed late by those who do not say `backendIsBack`. */
const FIRST_PAUSE: Duration = seconds(5);
const LONGEST_PAUSE: Duration = minutes(10);

export interface CollectorParts {
  db: Database;
  debts: Debts;
  clock?: Clock;
  logger?: Logger;
  random?: () => number;
}

/**
 * Pays debts when their backends answer again.
 *
 * Theory of operation. A debt is claimed by one statement that counts the attempt, which fences all others; a collector
 * that dies leaves a claim that the next one sees, or that runs out. What the debt kept claimed is released in the transaction that marks it paid.
 */
export class DebtCollector {
  private readonly payers = new Map<string, DebtPayer>();
  private readonly loop: Loop;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly parts: CollectorParts) {
    this.clock = parts.clock ?? systemClock;
    this.logger = parts.logger ?? silentLogger;
    this.loop = new Loop({ rest: POLL, turn: (signal) => this.turn(signal), failed: (error) => this.logger.warn('debt.collector-failed', { error }) });
  }

  register(payer: DebtPayer): void {
    if (this.payers.has(payer.backend)) throw new Bug('debt.payer.twice', `Two payers are registered for ${payer.backend}.`);
    this.payers.set(payer.backend, payer);
  }

  start(): void {
    this.unsubscribe = this.parts.debts.subscribe(() => this.loop.wake());
    this.loop.start();
  }

  async stop(): Promise<void> {
    this.unsubscribe();
    await this.loop.stop();
  }

  /** Tries every debt that is due by the clock once; works without `start`. */
  async settled(): Promise<void> {
    while ((await this.collect(AbortSignal.timeout(LEASE))) > 0);
  }

  private async turn(signal: AbortSignal): Promise<Duration> {
    return (await this.collect(signal)) === BATCH ? milliseconds(0) : POLL;
  }

  private async collect(signal: AbortSignal): Promise<number> {
    if (this.payers.size === 0) return 0;
    await takeDebtsFromTheDead(this.parts.db, this.clock.now());
    const debts = await claimDebts(this.parts.db, { backends: [...this.payers.keys()], now: this.clock.now(), lease: LEASE, limit: BATCH });
    await mapLimit(debts, AT_ONCE, (debt) => withRequestId(debt.requestId ?? newRequestId(), () => this.payOne(debt, signal)));
    return debts.length;
  }

  private async payOne(debt: Debt, signal: AbortSignal): Promise<void> {
    const fields = { debt: debt.id, backend: debt.backend, resource: debt.resourceId, attempts: debt.attempts };
    try {
      const payment = await this.payerOf(debt).pay(debt, signal);
      if (payment.kind === 'owed') return await this.postpone(debt);
      await this.parts.db.transaction(async (tx) => {
        if (await markPaid(tx, debt, this.clock.now())) await payment.release(tx);
      });
      this.logger.info('debt.paid', fields);
    } catch (error) {
      this.logger.warn('debt.unpaid', { ...fields, error });
      await this.postpone(debt, recordOf(error));
    }
  }

  private payerOf(debt: Debt): DebtPayer {
    const payer = this.payers.get(debt.backend.split(':')[0] ?? '');
    if (payer === undefined) throw new Bug('debt.payer.unknown', `Nobody pays debts to ${debt.backend}.`);
    return payer;
  }

  private postpone(debt: Debt, fault?: FaultRecord): Promise<void> {
    const now = this.clock.now();
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (debt.attempts - 1));
    const dueAt = now + Math.round(longest * (1 - (this.parts.random ?? Math.random)() / 2));
    return postpone(this.parts.db, debt, { dueAt, now, fault });
  }
}
