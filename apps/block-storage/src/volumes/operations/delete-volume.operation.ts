import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Conflict, minutes, seconds, type Clock, type Duration, type Fault, type VolumeId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Leftover, type Outcome, type Run } from '@virga/operations';
import { BackendsRepository, silentBefore } from '../../backends/index.js';
import { COMMAND_PATIENCE, isOverdue, ObservationsRepository, requireNotRefused, volumeFact } from '../../reports/index.js';
import { dependentsGone } from '../cascade.js';
import { VolumeSourcesRepository } from '../volume-sources.repository.js';
import { VolumeTeardown } from '../volume-teardown.js';
import { faultAt, type Volume } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';

/**
 * Makes a volume not exist.
 *
 * Theory of operation. The request has raised the volume's generation, so that storage hosts refuse whatever was sent before. Deletion does
 * not hang: a host that is silent already is not waited for, and what is not confirmed by the deadline becomes a debt; either way the volume
 * is gone for its owner. It fails only where a working backend says that it never will (somebody still has the volume open): then the volume
 * is `error_deleting`, with the reason. Dying anywhere repeats a step, which finds less to do.
 */
@Injectable()
export class DeleteVolume extends Operation<{ volumeId: VolumeId }, { requestedAt: number }> {
  readonly kind = 'volume.delete';
  readonly version = 1;
  /**
   * Too short: slow hosts leave debts where a moment's wait would do, and snapshots that go first have no time. Too long: users watch a volume that
   * will not go.
   */
  readonly deadline: Duration = minutes(3);
  /** Longer than a claim's lease: a worker that dies meanwhile must not turn what is nearly gone into a debt. */
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('await-dependents', (run: Run<this>) => this.awaitDependents(run)),
    step('request-removal', (run: Run<this>) => this.requestRemoval(run)),
    step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
  ];

  constructor(
    private readonly volumes: VolumesRepository,
    private readonly teardown: VolumeTeardown,
    private readonly observations: ObservationsRepository,
    private readonly backends: BackendsRepository,
    private readonly sources: VolumeSourcesRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  /** Where the volume's snapshots go with it, they go first; each by an operation of its own. */
  private async awaitDependents(run: Run<this>): Promise<Outcome> {
    const { volumeId } = run.params;
    if ((await this.sources.countSnapshots(run.db, volumeId)) === 0) return done();
    if ((await this.sources.countStuckSnapshots(run.db, volumeId)) > 0) throw new SnapshotsStay();
    return park({ until: dependentsGone(volumeId), atMost: seconds(10) });
  }

  private async requestRemoval(run: Run<this>): Promise<Outcome> {
    const volume = await this.volumes.get(run.db, run.params.volumeId);
    if ((await this.teardown.backends(run.db, volume)).length > 0) await run.transaction((tx) => this.teardown.requestRemoval(tx, volume));
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const volume = await this.volumes.get(run.db, run.params.volumeId);
    const remaining = await this.teardown.remaining(run.db, volume);
    if (remaining.length === 0 || (await this.areSilent(run, volume))) return this.conclude(volume, remaining);
    const hasFailed = await this.requireWilling(run, volume);
    if (isOverdue(run.clock, run.outputs.requestedAt, hasFailed)) await run.transaction((tx) => this.teardown.requestRemoval(tx, volume));
    return park({ until: volumeFact(volume.id), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const volume = await this.volumes.get(run.db, run.params.volumeId);
    if (REFUSALS.has(reason.code)) {
      return finish((tx) => this.volumes.become(tx, volume, 'error_deleting', { fault: faultAt(run.clock.now(), reason) }));
    }
    // Snapshots whose host is dead have become debts of their own by now.
    if ((await this.sources.countSnapshots(run.db, volume.id)) > 0) {
      return finish((tx) => this.volumes.become(tx, volume, 'error_deleting', { fault: faultAt(run.clock.now(), new SnapshotsStay()) }));
    }
    const leftovers = await this.teardown.ensureNothingLeft(run, volume);
    if (leftovers.length > 0 && !run.graceIsOver) return park({ until: volumeFact(volume.id), atMost: seconds(10) });
    return this.conclude(volume, leftovers);
  }

  /** Answers whether a host could not remove it for the moment. */
  private async requireWilling(run: Run<this>, volume: Volume): Promise<boolean> {
    let hasFailed = false;
    for (const backend of await this.teardown.backends(run.db, volume)) {
      hasFailed = requireNotRefused(await this.observations.failure(run.db, volume.id, backend), volume.generation) || hasFailed;
    }
    return hasFailed;
  }

  /** Whether every storage host that has not answered is known to be down. */
  private async areSilent(run: Run<this>, volume: Volume): Promise<boolean> {
    for (const backend of await this.teardown.backends(run.db, volume)) {
      if (!(await this.backends.isSilent(run.db, backend, silentBefore(this.clock)))) return false;
    }
    return true;
  }

  private conclude(volume: Volume, leftovers: readonly Leftover[]): Outcome {
    return finish(async (tx) => {
      await this.teardown.settle(tx, volume, leftovers);
      await this.volumes.become(tx, volume, 'deleted', { fault: null });
    }, 'succeeded');
  }
}

/** Faults that mean that it will not go. */
const REFUSALS: ReadonlySet<string> = new Set(['block-storage.backend.refused', 'block-storage.volume.snapshots-stay']);

/** Some of the volume's snapshots could not be deleted; there is no volume without what they are of. */
class SnapshotsStay extends Conflict {
  constructor() {
    super('block-storage.volume.snapshots-stay', 'Snapshots of the volume could not be deleted.');
  }
}
