import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Conflict, Fault, newId, newRequestId, publicFault, seconds, type Clock, type Duration, type SnapshotId } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { correct, nothing, Reconciler, type Correction } from '@virga/reconcile';
import { SnapshotDeletion, SnapshotsRepository, SnapshotTaking } from '../snapshots/index.js';
import { VolumesRepository } from '../volumes/index.js';
import { nextDue, type Schedule } from './schedule.js';
import { SchedulesRepository, type SeenSchedule } from './schedules.repository.js';

type Work = 'take' | 'remove';

/** What schedules do with snapshots. */
@Injectable()
export class ScheduledSnapshots {
  constructor(readonly volumes: VolumesRepository, readonly snapshots: SnapshotsRepository, readonly taking: SnapshotTaking, readonly deletion: SnapshotDeletion) {}
}

const BATCH = 200;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Takes the snapshots that are due, and removes those that are too many.
 *
 * Theory of operation. A snapshot begins in the transaction that says when the next one is due, under a lock of the schedule: however many
 * replicas look, and wherever one dies, each time comes once or not yet. What was missed while nobody looked is not made up for. A snapshot is
 * removed for being old only when as many newer ones are there as are to stay, so a schedule that fails (quota, a volume that is busy) never
 * costs the snapshots that there are; it says why, and tries again at its next time. Others' snapshots are never touched.
 */
@Injectable()
export class SchedulesReconciler extends Reconciler<SeenSchedule, Work> {
  readonly name = 'snapshot-schedules';
  /** Too short: the idle cloud works. Too long: snapshots are late by as much. */
  readonly interval: Duration = seconds(30);

  constructor(
    private readonly db: Database,
    private readonly schedules: SchedulesRepository,
    private readonly scheduled: ScheduledSnapshots,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async* observe(): AsyncIterable<readonly SeenSchedule[]> {
    for (let after = BEFORE_ALL; ;) {
      const batch = await this.schedules.busy(this.db, new Date(this.clock.now()), after, BATCH);
      const last = batch.at(-1);
      if (last === undefined) return;
      yield batch;
      after = last.schedule.id;
    }
  }

  plan({ isDue, surplus }: SeenSchedule): Correction<Work> {
    if (isDue) return correct('snapshot-due', 'take', { isDefect: false });
    return surplus.length > 0 ? correct('snapshot-surplus', 'remove', { isDefect: false }) : nothing();
  }

  async correct(work: Work, { schedule, surplus }: SeenSchedule): Promise<void> {
    if (work === 'remove') return this.db.transaction((tx) => this.remove(tx, schedule, surplus));
    const fault = await this.db.transaction((tx) => this.take(tx, schedule)).then(() => undefined, refusalOf);
    if (fault !== undefined) await this.db.transaction((tx) => this.note(tx, schedule, fault));
  }

  describe({ schedule }: SeenSchedule): string {
    return `snapshot schedule ${schedule.id}`;
  }

  private async take(tx: Tx, { id }: Schedule): Promise<void> {
    const now = this.clock.now();
    const schedule = await this.schedules.lockDue(tx, id, new Date(now));
    if (schedule === undefined) return;
    const volume = await this.scheduled.volumes.lock(tx, schedule.volumeId);
    const owner = { projectId: schedule.projectId, userId: schedule.userId };
    const wanted = { id: newId<'snapshot'>(), volume, name: schedule.name, description: null, metadata: {} };
    const made = await this.scheduled.taking.start(tx, [wanted], { owner, isInUseAllowed: true }, { requestId: newRequestId(), ...owner });
    await this.schedules.claim(tx, schedule, made.map((snapshot) => snapshot.id));
    await this.schedules.proceed(tx, schedule, { nextAt: nextDue(schedule, now), lastAt: new Date(now), fault: null });
  }

  private async note(tx: Tx, { id }: Schedule, fault: Fault): Promise<void> {
    const now = this.clock.now();
    const schedule = await this.schedules.lockDue(tx, id, new Date(now));
    if (schedule !== undefined) await this.schedules.proceed(tx, schedule, { nextAt: nextDue(schedule, now), lastAt: schedule.lastAt, fault: publicFault(fault) });
  }

  private async remove(tx: Tx, { projectId, userId }: Schedule, surplus: readonly string[]): Promise<void> {
    const by = { requestId: newRequestId(), projectId, userId };
    for (const snapshot of await this.scheduled.snapshots.lockAll(tx, surplus as readonly SnapshotId[])) {
      if (snapshot.status === 'available') await this.scheduled.deletion.start(tx, snapshot, by);
    }
  }
}

/** What a schedule's owner can do something about; anything else is for the next pass. */
function refusalOf(error: unknown): Fault {
  const isRefusal = error instanceof Fault && ['invalid', 'over-limit', 'not-found', 'forbidden'].includes(error.kind);
  if (!isRefusal || error instanceof Conflict) throw error;
  return error;
}
