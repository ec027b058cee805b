import { Injectable } from '@nestjs/common';
import { minutes, publicFault, seconds, type Duration, type Fault } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { COMMAND_PATIENCE, snapshotFact } from '../../reports/index.js';
import { SnapshotBuild, SnapshotTeardown, type TakenSnapshot } from '../../snapshots/index.js';
import { GroupSnapshotsRepository } from '../group-snapshots.repository.js';

/**
 * Takes snapshots of all volumes of a group at one point in time.
 *
 * Theory of operation. As for a single snapshot (see `CreateSnapshots`), with all snapshots of the group at once: each backend is told of all of
 * its own in one command. The group snapshot becomes `available` in the transaction in which its snapshots do, or `error` with them. Nobody
 * but an operation on the group snapshot deletes the snapshots in it, so they are ours throughout.
 */
@Injectable()
export class CreateGroupSnapshot extends Operation<{ groupSnapshotId: string; snapshots: TakenSnapshot[] }, { requestedAt: number }> {
  readonly kind = 'group-snapshot.create';
  readonly version = 1;
  /** Too short: hosts that freeze several busy volumes first do not get there. Too long: users watch a snapshot that will never be. */
  readonly deadline: Duration = minutes(10);
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('request-snapshots', (run: Run<this>) => this.request(run)),
    step('await-snapshots', (run: Run<this>) => this.await(run)),
  ];

  constructor(private readonly groupSnapshots: GroupSnapshotsRepository, private readonly build: SnapshotBuild, private readonly teardown: SnapshotTeardown) {
    super();
  }

  private async request(run: Run<this>): Promise<Outcome> {
    await this.build.request(run, run.params.snapshots);
    return done({ requestedAt: run.clock.now() });
  }

  private async await(run: Run<this>): Promise<Outcome> {
    const { ours, pending } = await this.build.progress(run, run.params.snapshots, run.outputs.requestedAt);
    if (pending !== undefined) return park({ until: snapshotFact(pending.id), atMost: COMMAND_PATIENCE });
    return finish(async (tx) => {
      const whole = await this.groupSnapshots.lock(tx, run.params.groupSnapshotId);
      await this.build.complete(tx, ours);
      await this.groupSnapshots.become(tx, whole, 'available');
    });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const ours = await this.build.outdate(run, run.params.snapshots);
    const remaining = await this.teardown.remaining(run, ours, undefined);
    const [first] = remaining;
    if (first !== undefined && !run.graceIsOver) return park({ until: snapshotFact(first.id), atMost: seconds(10) });
    return finish(async (tx) => {
      const whole = await this.groupSnapshots.lock(tx, run.params.groupSnapshotId);
      await this.teardown.settle(tx, ours, remaining);
      await this.build.fail(tx, ours, reason);
      await this.groupSnapshots.become(tx, whole, 'error', { fault: publicFault(reason) });
    });
  }
}
