import { Injectable } from '@nestjs/common';
import type { WakeKey } from '@virga/operations';
import { Makers } from './makers.js';
import { isRefusal } from './refusal.js';
import { expiredOf, type StandingProduct } from './retention.js';
import { reasonOf, type Removal } from './schedule-run.js';
import type { Running } from './schedule-making.js';
import { ScheduleStanding, type Standing } from './schedule-standing.js';
import type { Schedule, ScheduleRunId } from './schedule.js';

/** What one run removes at most. Too low: a lowered `keep` takes days to show. Too high: one run holds everything up, and its history is a book. */
const MOST_REMOVALS = 500;

/** The removing part of a run; it looks first and may be repeated. */
@Injectable()
export class ScheduleRetention {
  constructor(private readonly standing: ScheduleStanding, private readonly makers: Makers) {}

  /**
   * Begins the removal of what is kept no longer. Answers what to wait for; undefined when nothing is left to remove that can be: what
   * could not be removed is tried again by the next run.
   */
  async apply(run: Running, id: ScheduleRunId): Promise<WakeKey | undefined> {
    for (;;) {
      const now = await this.standing.of(run.db, id);
      if (now === undefined) return undefined;
      const { removals, standing } = await this.settle(run, now);
      const next = expiredOf(standing, now.schedule.keep).find((product) => !removals.some(({ productId }) => productId === product.id));
      if (next !== undefined && removals.length < MOST_REMOVALS) {
        await this.remove(run, now, next);
        continue;
      }
      const going = removals.find(({ state }) => state === 'pending');
      return going && this.makers.of(now.schedule.action).settled(going.productId);
    }
  }

  /** Forgets what is gone, remembers what was good, and writes down what has come of removals. */
  private async settle(run: Running, { schedule, run: { id, removals: noted } }: Standing): Promise<{ removals: readonly Removal[]; standing: StandingProduct[] }> {
    const seen = await this.standing.split(run.db, schedule);
    if (!hasNews(seen, noted)) return { removals: noted, standing: seen.standing };
    return run.transaction(async (tx) => {
      const { removals } = await this.standing.rows.runs.lock(tx, id);
      const { standing, gone } = await this.standing.split(tx, schedule);
      await this.standing.rows.products.forget(tx, gone.map((product) => product.id));
      await this.standing.rows.products.complete(tx, standing.flatMap((product) => (product.state === 'ready' ? [product.id] : [])));
      const settled = removals.map((removal) => (removal.state === 'pending' ? settledRemoval(removal, standing) : removal));
      if (settled.some((removal, index) => removal !== removals[index])) await this.standing.rows.runs.saveRemovals(tx, id, settled);
      return { removals: settled, standing };
    });
  }

  private async remove(run: Running, { schedule, run: { id } }: Standing, { id: productId }: StandingProduct): Promise<void> {
    const by = { requestId: run.requestId, userId: schedule.userId, projectId: schedule.projectId };
    try {
      await this.note(run, id, { productId, state: 'pending', message: null }, schedule, by);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.note(run, id, { productId, state: 'failed', message: reasonOf(error) });
    }
  }

  /** The removal, begun where `by` is given; nothing where another run of this step was faster. */
  private async note(run: Running, id: ScheduleRunId, removal: Removal, schedule?: Schedule, by?: Parameters<ReturnType<Makers['of']>['remove']>[2]): Promise<void> {
    await run.transaction(async (tx) => {
      const { removals } = await this.standing.rows.runs.lock(tx, id);
      if (removals.some(({ productId }) => productId === removal.productId)) return;
      if (schedule !== undefined && by !== undefined) await this.makers.of(schedule.action).remove(tx, removal.productId, by);
      await this.standing.rows.runs.saveRemovals(tx, id, [...removals, removal]);
    });
  }
}

function hasNews({ standing, gone }: { standing: readonly StandingProduct[]; gone: readonly unknown[] }, removals: readonly Removal[]): boolean {
  return gone.length > 0 || standing.some(({ state, isComplete }) => state === 'ready' && !isComplete)
    || removals.some((removal) => removal.state === 'pending' && settledRemoval(removal, standing) !== removal);
}

function settledRemoval(removal: Removal, standing: readonly StandingProduct[]): Removal {
  const product = standing.find(({ id }) => id === removal.productId);
  if (product === undefined) return { ...removal, state: 'removed' };
  return product.state === 'leaving' ? removal : { ...removal, state: 'failed', message: product.message ?? 'It could not be deleted.' };
}
