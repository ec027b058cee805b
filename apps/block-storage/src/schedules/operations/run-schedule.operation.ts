import { Injectable } from '@nestjs/common';
import { days, seconds, type Duration, type Fault } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { ScheduleEnding } from '../schedule-ending.js';
import { ScheduleMaking } from '../schedule-making.js';
import { ScheduleRetention } from '../schedule-retention.js';
import type { ScheduleRunId } from '../schedule.js';

/**
 * How long a wait goes on without a look.
 *
 * Too short: long backups are looked at for nothing. Too long: a lost waking is felt. What is waited for wakes the operation by itself.
 */
const PATIENCE: Duration = seconds(60);

/**
 * Makes what a schedule is for, once, and removes what it keeps no longer.
 *
 * Theory of operation. The claim of a due schedule writes the run, this operation and the next due moment in one transaction, so that a
 * schedule runs once however many processes look. Everything is begun by the same use cases that users have, in transactions that also
 * write what was begun into the run: whoever repeats the step finds it there. What is made has operations of its own, which end by
 * themselves; this one only waits for them. Then it removes what it knows to be its own and not needed, the oldest first. What cannot be
 * made is written into the run with the reason and told to the project's users; what cannot be removed is tried again by the next run.
 * If it is given up, what it has begun is finished by its own operations and counts as made at the next run, and the run has failed.
 * A schedule that is deleted meanwhile takes the run with it: there is nothing left to do then.
 */
@Injectable()
export class RunSchedule extends Operation<{ runId: ScheduleRunId }> {
  readonly kind = 'schedule.run';
  readonly version = 1;
  /** Longer than everything it waits for may take. Too short: large backups count as failed and go on. Too long: a stuck run keeps the next ones away. */
  readonly deadline: Duration = days(2);
  readonly steps = [
    step('make', (run: Run<this>) => this.make(run)),
    step('await-products', (run: Run<this>) => this.awaitProducts(run)),
    step('remove-expired', (run: Run<this>) => this.removeExpired(run)),
  ];

  constructor(private readonly making: ScheduleMaking, private readonly retention: ScheduleRetention, private readonly ending: ScheduleEnding) {
    super();
  }

  private async make(run: Run<this>): Promise<Outcome> {
    await this.making.begin(run, run.params.runId);
    return done();
  }

  private async awaitProducts(run: Run<this>): Promise<Outcome> {
    const until = await this.making.progress(run, run.params.runId);
    return until === undefined ? done() : park({ until, atMost: PATIENCE });
  }

  private async removeExpired(run: Run<this>): Promise<Outcome> {
    const until = await this.retention.apply(run, run.params.runId);
    return until === undefined ? finish((tx) => this.ending.complete(tx, run.params.runId)) : park({ until, atMost: PATIENCE });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return finish((tx) => this.ending.fail(tx, run.params.runId, reason));
  }
}
