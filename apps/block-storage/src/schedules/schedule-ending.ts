import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock, type Fault } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { ScheduleMaking } from './schedule-making.js';
import { outcomeOf, reasonOf, RUNS_KEPT, type ScheduleRun } from './schedule-run.js';
import { ScheduleStanding } from './schedule-standing.js';
import type { RunState, ScheduleRunId } from './schedule.js';

/** How runs end, whichever way. */
@Injectable()
export class ScheduleEnding {
  constructor(private readonly standing: ScheduleStanding, private readonly making: ScheduleMaking, @Inject(CLOCK) private readonly clock: Clock) {}

  async complete(tx: Tx, id: ScheduleRunId): Promise<void> {
    const now = await this.standing.of(tx, id);
    if (now === undefined) return;
    const { state, message } = outcomeOf(now.run.results);
    await this.end(tx, now.run, { state, message: message ?? leftovers(now.run) });
  }

  /** What was being made is written down as it is now; the run has failed. */
  async fail(tx: Tx, id: ScheduleRunId, reason: Fault): Promise<void> {
    const now = await this.standing.of(tx, id);
    if (now === undefined) return;
    await this.making.settle(tx, now.schedule, id, reason);
    await this.end(tx, now.run, { state: 'failed', message: reasonOf(reason) });
  }

  private async end(tx: Tx, { id, scheduleId }: ScheduleRun, outcome: { state: RunState; message: string | null }): Promise<void> {
    const { runs, schedules } = this.standing.rows;
    await runs.end(tx, id, { ...outcome, at: new Date(this.clock.now()) });
    await schedules.ended(tx, scheduleId, outcome);
    await runs.prune(tx, scheduleId, RUNS_KEPT);
  }
}

function leftovers({ removals }: ScheduleRun): string | null {
  const failed = removals.filter(({ state }) => state === 'failed');
  const [first] = failed;
  if (first === undefined) return null;
  return `${failed.length} of what is kept no longer could not be removed and will be tried again: ${first.message ?? 'unknown'}`;
}
