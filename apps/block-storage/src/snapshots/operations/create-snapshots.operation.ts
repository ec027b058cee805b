import { Injectable } from '@nestjs/common';
import { minutes, seconds, type Duration, type Fault } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { COMMAND_PATIENCE, snapshotFact } from '../../reports/index.js';
import { SnapshotBuild, type TakenSnapshot } from '../snapshot-build.js';
import { SnapshotTeardown } from '../snapshot-teardown.js';

export interface CreateSnapshotsParams {
  /** All that are taken together, with the generations that this operation commands them with; the first is the operation's resource. */
  snapshots: TakenSnapshot[];
}

/**
 * Takes one snapshot, or several at one point in time.
 *
 * Theory of operation. The backend is told of all snapshots in one command, which it may get any number of times; each that exists is
 * reported. When all do, all become `available` in one transaction. Whoever deletes one of them meanwhile raises its generation: it
 * is then none of ours any more, and its backend refuses what we have sent. If they cannot all be taken, none is kept: generations are
 * raised, the backend removes what it finds, what it does not confirm becomes a debt, and the snapshots stay in `error` with a cause.
 */
@Injectable()
export class CreateSnapshots extends Operation<CreateSnapshotsParams, { requestedAt: number }> {
  readonly kind = 'snapshot.create';
  readonly version = 1;
  /** Too short: hosts that freeze several busy volumes first do not get there. Too long: users watch a snapshot that will never be. */
  readonly deadline: Duration = minutes(10);
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('request-snapshots', (run: Run<this>) => this.request(run)),
    step('await-snapshots', (run: Run<this>) => this.await(run)),
  ];

  constructor(private readonly build: SnapshotBuild, private readonly teardown: SnapshotTeardown) {
    super();
  }

  private async request(run: Run<this>): Promise<Outcome> {
    await this.build.request(run, run.params.snapshots);
    return done({ requestedAt: run.clock.now() });
  }

  private async await(run: Run<this>): Promise<Outcome> {
    const { ours, pending } = await this.build.progress(run, run.params.snapshots, run.outputs.requestedAt);
    if (pending !== undefined) return park({ until: snapshotFact(pending.id), atMost: COMMAND_PATIENCE });
    return finish((tx) => this.build.complete(tx, ours));
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const ours = await this.build.outdate(run, run.params.snapshots);
    const remaining = await this.teardown.remaining(run, ours, undefined);
    const [first] = remaining;
    if (first !== undefined && !run.graceIsOver) return park({ until: snapshotFact(first.id), atMost: seconds(10) });
    return finish(async (tx) => {
      await this.teardown.settle(tx, ours, remaining);
      await this.build.fail(tx, ours, reason);
    });
  }
}
