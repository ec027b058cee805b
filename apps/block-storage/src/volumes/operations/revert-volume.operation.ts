import { Injectable } from '@nestjs/common';
import { ensureReverted } from '@virga/contracts-block-storage';
import { minutes, type Duration, type Fault, type VolumeId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { StorageCommands } from '../../backends/index.js';
import { COMMAND_PATIENCE, isOverdue, ObservationsRepository, requireNotRefused, volumeFact } from '../../reports/index.js';
import { SnapshotsOfVolumesRepository } from '../snapshots-of-volumes.repository.js';
import { requireBackend } from '../volume-build.js';
import { faultAt } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';

interface RevertParams {
  volumeId: VolumeId;
  snapshotId: string;
  generation: number;
}

/**
 * Gives a volume the content of its latest snapshot again.
 *
 * Theory of operation. The host reverts once per generation, so the command may be sent as often as one likes. Until the host has said
 * so, nobody can attach the volume (`reverting`), and its snapshot cannot be deleted (`restoring`). If it cannot be done the volume is
 * in error: how much of it was reverted is not known, and its owner decides what to do with it. The generation is raised before, so that
 * no late command reverts a volume that is in use again.
 */
@Injectable()
export class RevertVolume extends Operation<RevertParams, { requestedAt: number }> {
  readonly kind = 'volume.revert';
  readonly version = 1;
  /** Too short: hosts with long queues leave volumes in error. Too long: users of a dead host wait for nothing. */
  readonly deadline: Duration = minutes(15);
  readonly steps = [
    step('request-revert', (run: Run<this>) => this.requestRevert(run)),
    step('await-revert', (run: Run<this>) => this.awaitRevert(run)),
  ];

  constructor(
    private readonly volumes: VolumesRepository,
    private readonly snapshots: SnapshotsOfVolumesRepository,
    private readonly observations: ObservationsRepository,
    private readonly commands: StorageCommands,
  ) {
    super();
  }

  private async requestRevert(run: Run<this>): Promise<Outcome> {
    await this.send(run);
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitRevert(run: Run<this>): Promise<Outcome> {
    const { volumeId, snapshotId, generation } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    const backend = requireBackend(volume);
    const seen = (await this.observations.ofVolume(run.db, volumeId)).find((one) => one.backend === backend);
    if (seen === undefined || seen.sizeBytes === null || seen.generation < generation) {
      const hasFailed = requireNotRefused(await this.observations.failure(run.db, volumeId, backend), generation);
      if (isOverdue(run.clock, run.outputs.requestedAt, hasFailed)) await this.send(run);
      return park({ until: volumeFact(volumeId), atMost: COMMAND_PATIENCE });
    }
    return finish(async (tx) => {
      await this.snapshots.become(tx, snapshotId, 'restoring', 'available');
      await this.volumes.become(tx, volume, 'available', { previousStatus: null, fault: null });
    });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const { volumeId, snapshotId } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    return finish(async (tx) => {
      await this.snapshots.become(tx, snapshotId, 'restoring', 'available');
      await this.volumes.become(tx, volume, 'error', { previousStatus: null, fault: faultAt(run.clock.now(), reason), raisesGeneration: true });
    });
  }

  private async send(run: Run<this>): Promise<void> {
    const { volumeId, snapshotId, generation } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    await run.transaction((tx) => this.commands.send(tx, requireBackend(volume), ensureReverted, { id: volumeId, generation, snapshotId, keyId: volume.keyId }));
  }
}
