import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, newId, newRequestId, seconds, type Clock, type Duration } from '@virga/kernel';
import { liveOperations, Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { correct, Reconciler, type Correction } from '@virga/reconcile';
import { RunSchedule } from './operations/run-schedule.operation.js';
import { nextRunAt } from './schedule-rule.js';
import { PREVIOUS_RUN_GOES_ON } from './schedule-run.js';
import { ScheduleRows } from './schedule-standing.js';
import type { Schedule } from './schedule.js';

const BATCH = 100;

/**
 * Begins the runs of schedules that are due.
 *
 * Theory of operation. Any number of replicas look: each takes only schedules that no other has locked, and writes the run, its operation
 * and the next due moment in one transaction, after which the schedule is not due any more. Due moments that passed while nobody looked
 * are made up for by one run, whatever their number. Where the previous run still goes on, this one is skipped, and says so.
 */
@Injectable()
export class DueSchedules extends Reconciler<Schedule, 'run'> {
  readonly name = 'schedules';
  /** Too short: the idle cloud works. Too long: runs begin that much later than their schedules say. */
  readonly interval: Duration = seconds(10);

  constructor(
    private readonly db: Database, private readonly rows: ScheduleRows, private readonly operations: Operations, @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async* observe(signal: AbortSignal): AsyncIterable<readonly Schedule[]> {
    const now = this.clock.now();
    let last: Schedule | undefined;
    do {
      const due = await this.rows.schedules.due(this.db, now, BATCH, last);
      if (due.length > 0) yield due;
      last = due.at(BATCH - 1);
    } while (last !== undefined && !signal.aborted);
  }

  plan(): Correction<'run'> {
    return correct('schedule-due', 'run', { isDefect: false });
  }

  async correct(_repair: 'run', { id }: Schedule): Promise<void> {
    await this.db.transaction(async (tx) => {
      const schedule = await this.rows.schedules.claim(tx, id, this.clock.now());
      if (schedule !== undefined) await this.begin(tx, schedule);
    });
  }

  describe({ id }: Schedule): string {
    return `schedule ${id}`;
  }

  private async begin(tx: Tx, schedule: Schedule): Promise<void> {
    const now = this.clock.now();
    const run = { id: newId<'schedule-run'>(), scheduleId: schedule.id, action: schedule.action, dueAt: schedule.nextRunAt ?? new Date(now), startedAt: new Date(now) };
    await this.rows.schedules.becomeDue(tx, schedule.id, nextRunAt(schedule.rule, schedule.anchorAt.getTime(), now));
    if ((await liveOperations(tx, 'schedule', [schedule.id])).has(schedule.id)) {
      await this.rows.runs.insert(tx, { ...run, state: 'skipped', message: PREVIOUS_RUN_GOES_ON, finishedAt: run.startedAt });
      return;
    }
    await this.rows.runs.insert(tx, run);
    await this.rows.schedules.began(tx, schedule.id, now);
    const by = { requestId: newRequestId(), userId: schedule.userId, projectId: schedule.projectId };
    await this.operations.start(tx, RunSchedule, { runId: run.id }, { on: schedule, by });
  }
}
