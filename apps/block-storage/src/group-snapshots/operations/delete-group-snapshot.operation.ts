import { Injectable } from '@nestjs/common';
import { seconds, type Duration } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { COMMAND_PATIENCE, snapshotFact } from '../../reports/index.js';
import { SnapshotChanges, SnapshotsRepository, SnapshotTeardown, type Snapshot } from '../../snapshots/index.js';
import { GroupSnapshotsRepository } from '../group-snapshots.repository.js';

/**
 * Makes a group snapshot, and the snapshots in it, not exist.
 *
 * Theory of operation. As for a single snapshot (see `DeleteSnapshot`): the request has raised all generations, deletion neither fails nor hangs,
 * and what no backend has confirmed by the deadline becomes a debt. The snapshots and the group snapshot go in one transaction.
 */
@Injectable()
export class DeleteGroupSnapshot extends Operation<{ groupSnapshotId: string }, { requestedAt: number }> {
  readonly kind = 'group-snapshot.delete';
  readonly version = 1;
  /** Too short: busy hosts leave debts where a moment's wait would do. Too long: users watch a snapshot that will not go. */
  readonly deadline: Duration = seconds(90);
  /** Longer than a claim's lease: a worker that dies meanwhile must not turn what is nearly gone into a debt. */
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('request-removal', (run: Run<this>) => this.requestRemoval(run)),
    step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
  ];

  constructor(
    private readonly groupSnapshots: GroupSnapshotsRepository,
    private readonly snapshots: SnapshotsRepository,
    private readonly changes: SnapshotChanges,
    private readonly teardown: SnapshotTeardown,
  ) {
    super();
  }

  private async requestRemoval(run: Run<this>): Promise<Outcome> {
    await this.teardown.requestRemoval(run, await this.snapshots.ofGroupSnapshot(run.db, run.params.groupSnapshotId));
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const snapshots = await this.snapshots.ofGroupSnapshot(run.db, run.params.groupSnapshotId);
    const remaining = await this.teardown.remaining(run, snapshots, run.outputs.requestedAt);
    const [first] = remaining;
    if (first === undefined || await this.teardown.areSilent(run.db, remaining)) return this.conclude(run, snapshots, remaining);
    return park({ until: snapshotFact(first.id), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>): Promise<Outcome> {
    const snapshots = await this.snapshots.ofGroupSnapshot(run.db, run.params.groupSnapshotId);
    const remaining = await this.teardown.remaining(run, snapshots, undefined);
    const [first] = remaining;
    if (first !== undefined && !run.graceIsOver) return park({ until: snapshotFact(first.id), atMost: seconds(10) });
    return this.conclude(run, snapshots, remaining);
  }

  private conclude({ params }: Run<this>, snapshots: readonly Snapshot[], remaining: readonly Snapshot[]): Outcome {
    return finish(async (tx) => {
      await this.teardown.settle(tx, snapshots, remaining);
      for (const snapshot of snapshots) await this.changes.become(tx, snapshot, 'deleted');
      await this.groupSnapshots.delete(tx, params.groupSnapshotId);
    }, 'succeeded');
  }
}
