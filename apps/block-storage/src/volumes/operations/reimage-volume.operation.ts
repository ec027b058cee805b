import { Injectable } from '@nestjs/common';
import { ensureNoVolume } from '@virga/contracts-block-storage';
import { minutes, type Duration, type Fault, type VolumeId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { StorageCommands } from '../../backends/index.js';
import { COMMAND_PATIENCE, isOverdue, ObservationsRepository, requireNotRefused, volumeFact, type VolumeObservation } from '../../reports/index.js';
import { HostPatience } from '../host-patience.js';
import { requireBackend, VolumeBuild } from '../volume-build.js';
import { faultAt, type Volume } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';
import type { BuildSource } from '../wish-check.js';

interface ReimageParams {
  volumeId: VolumeId;
  source: BuildSource;
  imageMetadata: Record<string, string>;
  /** With which what was there is removed; the next one makes what is to be there. */
  generation: number;
  /** By which whoever asked for it finds it again. */
  key?: string;
}

/** What goes on as it was: somebody has the volume. */
const KEPT: ReadonlySet<string | null> = new Set(['reserved', 'in-use']);

/**
 * Writes an image over a volume.
 *
 * Theory of operation. A volume that exists is never made again, so the old content is removed, and then the volume is made anew from
 * the image, with a higher generation. Snapshots of the old content stay. Each step looks at what the host says of the volume; a
 * repeated removal can no longer remove the new content, because its generation is older. From the first removal on there is no way
 * back: if the image cannot be written the volume is in error, and is reimaged again, or deleted.
 */
@Injectable()
export class ReimageVolume extends Operation<ReimageParams, { removalAt: number; requestedAt: number }> {
  readonly kind = 'volume.reimage';
  readonly version = 1;
  /** Too short: large images never arrive. Too long: users of a dead host wait for nothing. */
  readonly deadline: Duration = minutes(120);
  readonly steps = [
    step('request-removal', (run: Run<this>) => this.requestRemoval(run)),
    step('await-removal', (run: Run<this>) => this.awaitRemoval(run)),
    step('request-volume', (run: Run<this>) => this.requestVolume(run)),
    step('await-volume', (run: Run<this>) => this.awaitVolume(run)),
  ];

  constructor(
    private readonly volumes: VolumesRepository,
    private readonly observations: ObservationsRepository,
    private readonly build: VolumeBuild,
    private readonly commands: StorageCommands,
    private readonly patience: HostPatience,
  ) {
    super();
  }

  private async requestRemoval(run: Run<this>): Promise<Outcome> {
    await this.sendRemoval(run);
    return done({ removalAt: run.clock.now() });
  }

  private async awaitRemoval(run: Run<this>): Promise<Outcome> {
    const { volumeId, generation } = run.params;
    const { seen } = await this.look(run);
    if (seen !== undefined && seen.sizeBytes === null && seen.generation >= generation) return done();
    const hasFailed = await this.requirePossible(run, generation);
    if (isOverdue(run.clock, run.outputs.removalAt, hasFailed)) await this.sendRemoval(run);
    return park({ until: volumeFact(volumeId), atMost: COMMAND_PATIENCE });
  }

  private async requestVolume(run: Run<this>): Promise<Outcome> {
    await this.sendVolume(run);
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitVolume(run: Run<this>): Promise<Outcome> {
    const { volumeId, generation, imageMetadata } = run.params;
    const { volume, seen } = await this.look(run);
    if (seen !== undefined && seen.sizeBytes !== null && seen.generation > generation) {
      return finish((tx) => this.volumes.become(tx, volume, volume.previousStatus !== null && KEPT.has(volume.previousStatus) ? volume.previousStatus : 'available', {
        previousStatus: null, isBootable: true, imageMetadata, fault: null, isLaunch: true,
      }));
    }
    const hasFailed = await this.requirePossible(run, generation + 1);
    if (isOverdue(run.clock, run.outputs.requestedAt, hasFailed)) await this.sendVolume(run);
    return park({ until: volumeFact(volumeId), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const volume = await this.volumes.get(run.db, run.params.volumeId);
    return finish((tx) => this.volumes.become(tx, volume, 'error', { previousStatus: null, fault: faultAt(run.clock.now(), reason), raisesGeneration: true }));
  }

  private async sendRemoval(run: Run<this>): Promise<void> {
    const { volumeId, generation } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    await run.transaction((tx) => this.commands.send(tx, requireBackend(volume), ensureNoVolume, { id: volumeId, generation }));
  }

  /** The volume's own generation follows, so that whatever comes next has a higher one. */
  private async sendVolume(run: Run<this>): Promise<void> {
    const { volumeId, generation, source } = run.params;
    await run.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, volumeId);
      const raised = volume.generation > generation ? volume : await this.volumes.edit(tx, volume, { raisesGeneration: true });
      await this.build.request(tx, raised, source, generation + 1);
    });
  }

  private async look(run: Run<this>): Promise<{ volume: Volume; seen: VolumeObservation | undefined }> {
    const volume = await this.volumes.get(run.db, run.params.volumeId);
    return { volume, seen: (await this.observations.ofVolume(run.db, volume.id)).find(({ backend }) => backend === volume.backend) };
  }

  /** Answers whether the host could not do it for the moment. */
  private async requirePossible(run: Run<this>, generation: number): Promise<boolean> {
    const volume = await this.volumes.get(run.db, run.params.volumeId);
    const hasFailed = requireNotRefused(await this.observations.failure(run.db, volume.id, requireBackend(volume)), generation);
    await this.patience.requireAlive(run.db, requireBackend(volume));
    return hasFailed;
  }
}
