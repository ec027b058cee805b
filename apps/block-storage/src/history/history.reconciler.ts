import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, hours, type Clock, type Duration } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { correct, Reconciler, type Correction } from '@virga/reconcile';
import { HistoryRepository } from './history.repository.js';

/** The injection token of how long deleted volumes and snapshots are remembered. */
export const KEPT_FOR = Symbol('how long deleted volumes are remembered');

const BATCH = 500;

/**
 * Forgets volumes, snapshots and backups that were deleted long ago, some hundreds in each transaction.
 *
 * Theory of operation. What is deleted never changes again, so any number of replicas may do this: each takes what no other has locked. Until then the
 * row tells a late request that the volume is gone, and the reconciler of leftovers whose bytes it may remove.
 */
@Injectable()
export class HistoryReconciler extends Reconciler<'old', 'old'> {
  readonly name = 'history';
  readonly interval: Duration = hours(1);

  constructor(
    private readonly db: Database,
    private readonly history: HistoryRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(KEPT_FOR) private readonly keptFor: Duration,
  ) {
    super();
  }

  async* observe(): AsyncIterable<readonly 'old'[]> {
    if (await this.history.hasOld(this.db, this.before())) yield ['old'];
  }

  plan(): Correction<'old'> {
    return correct('deleted-long-ago', 'old', { isDefect: false });
  }

  async correct(_repair: 'old', _seen: 'old', signal: AbortSignal): Promise<void> {
    const forget = (): Promise<number> => this.db.transaction((tx) => this.history.forget(tx, this.before(), BATCH));
    while (!signal.aborted && await forget() > 0);
  }

  describe(): string {
    return 'volumes, snapshots and backups that were deleted long ago';
  }

  private before(): Date {
    return new Date(this.clock.now() - this.keptFor);
  }
}
