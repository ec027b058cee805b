import { Injectable } from '@nestjs/common';
import { seconds, type Duration, type SnapshotId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { COMMAND_PATIENCE, snapshotFact } from '../../reports/index.js';
import { SnapshotChanges } from '../snapshot-changes.js';
import { SnapshotTeardown } from '../snapshot-teardown.js';
import { SnapshotsRepository } from '../snapshots.repository.js';
import type { Snapshot } from '../snapshot.js';

/**
 * Makes a snapshot not exist.
 *
 * Theory of operation. The request has raised the snapshot's generation, so that its backend refuses whatever was sent before.
 * Deletion does not fail and does not hang: a host that is silent already is not waited for, and what is not confirmed by the
 * deadline becomes a debt; either way the snapshot is gone for its owner. Dying anywhere repeats a step, which finds less to do.
 */
@Injectable()
export class DeleteSnapshot extends Operation<{ snapshotId: SnapshotId }, { requestedAt: number }> {
  readonly kind = 'snapshot.delete';
  readonly version = 1;
  /** Too short: busy hosts leave debts where a moment's wait would do. Too long: users watch a snapshot that will not go. */
  readonly deadline: Duration = seconds(90);
  /** Longer than a claim's lease: a worker that dies meanwhile must not turn what is nearly gone into a debt. */
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('request-removal', (run: Run<this>) => this.requestRemoval(run)),
    step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
  ];

  constructor(private readonly snapshots: SnapshotsRepository, private readonly changes: SnapshotChanges, private readonly teardown: SnapshotTeardown) {
    super();
  }

  private async requestRemoval(run: Run<this>): Promise<Outcome> {
    await this.teardown.requestRemoval(run, [await this.snapshots.get(run.db, run.params.snapshotId)]);
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const snapshot = await this.snapshots.get(run.db, run.params.snapshotId);
    const remaining = await this.teardown.remaining(run, [snapshot], run.outputs.requestedAt);
    if (remaining.length === 0 || await this.teardown.areSilent(run.db, remaining)) return this.conclude(snapshot, remaining);
    return park({ until: snapshotFact(snapshot.id), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>): Promise<Outcome> {
    const snapshot = await this.snapshots.get(run.db, run.params.snapshotId);
    const remaining = await this.teardown.remaining(run, [snapshot], undefined);
    if (remaining.length > 0 && !run.graceIsOver) return park({ until: snapshotFact(snapshot.id), atMost: seconds(10) });
    return this.conclude(snapshot, remaining);
  }

  private conclude(snapshot: Snapshot, remaining: readonly Snapshot[]): Outcome {
    return finish(async (tx) => {
      await this.teardown.settle(tx, [snapshot], remaining);
      await this.changes.become(tx, snapshot, 'deleted');
    }, 'succeeded');
  }
}
