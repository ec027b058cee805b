import { Injectable } from '@nestjs/common';
import { ensureNoVolume } from '@virga/contracts-block-storage';
import { minutes, seconds, type Duration, type Fault, type VolumeId } from '@virga/kernel';
import { Debts, done, finish, Operation, park, step, type Leftover, type Outcome, type Run } from '@virga/operations';
import { StorageCommands } from '../../backends/index.js';
import { owedTo } from '../../debts/index.js';
import { COMMAND_PATIENCE, isOverdue, ObservationsRepository, requireNotRefused, volumeFact } from '../../reports/index.js';
import { faultAt, requireBackend, VolumeBuild, VolumesRepository, VolumeTeardown, type Volume } from '../../volumes/index.js';
import { UnmanagedVolumesRepository, type UnmanagedVolume } from '../unmanaged-volumes.repository.js';

interface ManageParams {
  volumeId: VolumeId;
  /** What the backend has, by the id of the volume that it was. */
  unmanagedId: string;
  generation: number;
}

/** The lines and tables with which volumes are made and removed. */
@Injectable()
export class ManageParts {
  constructor(readonly build: VolumeBuild, readonly commands: StorageCommands, readonly observations: ObservationsRepository, readonly teardown: VolumeTeardown) {}
}

/**
 * Makes a volume of what a backend holds already.
 *
 * Theory of operation. A backend knows volumes by their ids and nobody else may have two, so the new volume is made as a copy (which shares
 * the bytes where the backend can) under its own id; when it is there, the old one is removed. Until then a failure removes the copy, and what
 * was there can be managed again; from then on the volume is there whatever happens, and an old one that cannot be reached becomes a debt.
 */
@Injectable()
export class ManageVolume extends Operation<ManageParams, { requestedAt: number; removalAt: number }> {
  readonly kind = 'volume.manage';
  readonly version = 1;
  /** Too short: backends that really copy fail large volumes. Too long: users watch a hopeless wait. */
  readonly deadline: Duration = minutes(60);
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('request-volume', (run: Run<this>) => this.requestVolume(run)),
    step('await-volume', (run: Run<this>) => this.awaitVolume(run)),
    step('request-removal', (run: Run<this>) => this.requestRemoval(run)),
    step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
  ];

  constructor(
    private readonly volumes: VolumesRepository,
    private readonly unmanaged: UnmanagedVolumesRepository,
    private readonly parts: ManageParts,
    private readonly debts: Debts,
  ) {
    super();
  }

  private async requestVolume(run: Run<this>): Promise<Outcome> {
    await this.sendVolume(run);
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitVolume(run: Run<this>): Promise<Outcome> {
    const { volumeId, generation } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    const backend = requireBackend(volume);
    const seen = (await this.parts.observations.ofVolume(run.db, volumeId)).find((one) => one.backend === backend);
    if (seen !== undefined && seen.sizeBytes !== null && seen.generation >= generation) return done();
    const hasFailed = requireNotRefused(await this.parts.observations.failure(run.db, volumeId, backend), generation);
    if (isOverdue(run.clock, run.outputs.requestedAt, hasFailed)) await this.sendVolume(run);
    return park({ until: volumeFact(volumeId), atMost: COMMAND_PATIENCE });
  }

  private async requestRemoval(run: Run<this>): Promise<Outcome> {
    await this.sendRemoval(run);
    return done({ removalAt: run.clock.now() });
  }

  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const old = await this.unmanaged.find(run.db, run.params.unmanagedId);
    if (old === undefined) return this.conclude(run, []);
    const seen = (await this.parts.observations.ofVolume(run.db, old.id)).find(({ backend }) => backend === old.backend);
    if (seen !== undefined && seen.sizeBytes === null && seen.generation > old.generation) return this.conclude(run, []);
    if (isOverdue(run.clock, run.outputs.removalAt)) await this.sendRemoval(run);
    return park({ until: volumeFact(old.id), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const old = await this.unmanaged.find(run.db, run.params.unmanagedId);
    if (run.outputs.removalAt !== undefined) return this.conclude(run, old === undefined ? [] : [leftoverOf(old)]);
    const volume = await this.outdated(run);
    const leftovers = await this.parts.teardown.ensureNothingLeft(run, volume);
    if (leftovers.length > 0 && !run.graceIsOver) return park({ until: volumeFact(volume.id), atMost: seconds(10) });
    return finish(async (tx) => {
      await this.parts.teardown.settle(tx, volume, leftovers);
      await this.unmanaged.claim(tx, run.params.unmanagedId, null);
      await this.volumes.become(tx, volume, 'error', { fault: faultAt(run.clock.now(), reason), backend: null });
    });
  }

  private outdated(run: Run<this>): Promise<Volume> {
    return run.transaction(async (tx) => {
      const locked = await this.volumes.lock(tx, run.params.volumeId);
      return locked.generation > run.params.generation ? locked : this.volumes.edit(tx, locked, { raisesGeneration: true });
    });
  }

  private conclude(run: Run<this>, leftovers: readonly Leftover[]): Outcome {
    return finish(async (tx) => {
      const volume = await this.volumes.lock(tx, run.params.volumeId);
      await this.debts.record(tx, run.params.unmanagedId, leftovers);
      if (leftovers.length === 0) await this.parts.observations.forgetVolume(tx, run.params.unmanagedId);
      await this.unmanaged.forget(tx, run.params.unmanagedId);
      await this.volumes.become(tx, volume, 'available', { fault: null, isLaunch: true });
    }, 'succeeded');
  }

  private async sendVolume(run: Run<this>): Promise<void> {
    const { volumeId, unmanagedId, generation } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    await run.transaction((tx) => this.parts.build.request(tx, volume, { kind: 'volume', volumeId: unmanagedId }, generation));
  }

  private async sendRemoval(run: Run<this>): Promise<void> {
    const old = await this.unmanaged.find(run.db, run.params.unmanagedId);
    if (old === undefined) return;
    await run.transaction((tx) => this.parts.commands.send(tx, old.backend, ensureNoVolume, { id: old.id, generation: old.generation + 1 }));
  }
}

function leftoverOf({ backend, generation }: UnmanagedVolume): Leftover {
  return { backend: owedTo(backend), resourceType: 'volume', generation: generation + 1 };
}
