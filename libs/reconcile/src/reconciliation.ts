import { Loop, newRequestId, systemClock, withRequestId, type Clock, type Duration } from '@virga/kernel';
import { silentLogger, type Logger } from '@virga/observability';
import type { Correction, Reconciler } from './reconciler.js';
import { silentReconcileObserver, type ReconcileObserver } from './reconcile-observer.js';

/** What one pass found. */
export interface PassReport {
  seen: number;
  leftAlone: number;
  corrected: number;
  defects: number;
  alarms: number;
  failures: number;
}

export interface ReconciliationParts {
  clock?: Clock;
  logger?: Logger;
  observer?: ReconcileObserver;
  /** In [0, 1), for jitter. */
  random?: () => number;
}

/** Runs reconcilers, each on its own timer with jitter, so that replicas and restarts do not look at once. */
export class Reconciliation {
  private readonly entries = new Map<string, { reconciler: Reconciler; loop: Loop }>();
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly observer: ReconcileObserver;
  private readonly random: () => number;

  constructor(parts: ReconciliationParts = {}) {
    this.clock = parts.clock ?? systemClock;
    this.logger = parts.logger ?? silentLogger;
    this.observer = parts.observer ?? silentReconcileObserver;
    this.random = parts.random ?? Math.random;
  }

  register<Seen, Repair>(reconciler: Reconciler<Seen, Repair>): void {
    // What it sees and repairs stays its own affair: it is only handed back to it.
    const own = reconciler as Reconciler;
    const loop = new Loop({
      rest: own.interval,
      turn: async (signal) => {
        await this.pass(own, signal);
        return this.jittered(own.interval);
      },
      failed: (error) => this.logger.warn('reconcile.pass-failed', { reconciler: own.name, error }),
    });
    this.entries.set(own.name, { reconciler: own, loop });
  }

  start(): void {
    for (const { loop } of this.entries.values()) loop.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.entries.values()].map(({ loop }) => loop.stop()));
  }

  /** Makes a reconciler look soon; without a name, all of them. */
  wake(name?: string): void {
    for (const [own, { loop }] of this.entries) if (name === undefined || name === own) loop.wake();
  }

  /** One pass of one reconciler, now, whatever its timer says. */
  async runOnce(name: string, signal: AbortSignal): Promise<PassReport> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new RangeError(`There is no reconciler called ${name}.`);
    return this.pass(entry.reconciler, signal);
  }

  private pass(reconciler: Reconciler, signal: AbortSignal): Promise<PassReport> {
    return withRequestId(newRequestId(), async () => {
      const startedAt = performance.now();
      const report: PassReport = { seen: 0, leftAlone: 0, corrected: 0, defects: 0, alarms: 0, failures: 0 };
      for await (const batch of reconciler.observe(signal)) {
        for (const seen of batch) await this.consider(reconciler, seen, report, signal);
        signal.throwIfAborted();
      }
      this.observer.passed(reconciler.name, report, performance.now() - startedAt);
      return report;
    });
  }

  private async consider(reconciler: Reconciler, seen: unknown, report: PassReport, signal: AbortSignal): Promise<void> {
    report.seen++;
    const correction = reconciler.plan(seen, this.clock.now());
    const fields = { reconciler: reconciler.name, about: reconciler.describe(seen) };
    if (correction.kind === 'nothing') return;
    if (correction.kind === 'leave-alone') {
      report.leftAlone++;
      return;
    }
    this.announce(correction, report, fields);
    if (correction.repair === undefined) return;
    try {
      await reconciler.correct(correction.repair, seen, signal);
      report.corrected++;
    } catch (error) {
      // No retry here: the next pass sees whether it is still wrong.
      report.failures++;
      this.logger.warn('reconcile.correction-failed', { ...fields, error });
    }
  }

  private announce(correction: Extract<Correction<unknown>, { kind: 'correct' | 'alarm' }>, report: PassReport, fields: Record<string, unknown>): void {
    const reconciler = String(fields['reconciler']);
    if (correction.kind === 'alarm') {
      report.alarms++;
      this.observer.defect(reconciler, 'alarm');
      this.logger.error('reconcile.alarm', { ...fields, reason: correction.reason });
      return;
    }
    if (!correction.isDefect) return;
    report.defects++;
    this.observer.defect(reconciler, correction.name);
    this.logger.warn('reconcile.corrects', { ...fields, correction: correction.name });
  }

  private jittered(interval: Duration): Duration {
    return Math.round(interval * (0.8 + this.random() * 0.4)) as Duration;
  }
}
