import { Injectable } from '@nestjs/common';
import { minutes, seconds, type Duration, type Fault, type VolumeId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { BackendsRepository } from '../../backends/index.js';
import { COMMAND_PATIENCE, isOverdue, ObservationsRepository, requireNotRefused, volumeFact } from '../../reports/index.js';
import { Reservations, type PlacementRequest } from '../../scheduling/index.js';
import { ChosenTypesRepository } from '../../volume-types/index.js';
import { VolumeSourcesRepository } from '../volume-sources.repository.js';
import { requireBackend, VolumeBuild } from '../volume-build.js';
import { VolumeGroups } from '../volume-groups.js';
import { VolumeTeardown } from '../volume-teardown.js';
import { faultAt, type Volume } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';
import type { BuildSource } from '../wish-check.js';

export interface CreateParams {
  volumeId: VolumeId;
  /** What this operation commands the storage host with. */
  generation: number;
  source: BuildSource;
  /** Backends that have what it is made from; empty: any will do. */
  onlyOn: readonly string[];
  /** Volumes that it should be beside or apart from. */
  sameHost: readonly string[];
  differentHost: readonly string[];
}

/** The rows that placing a volume needs. */
@Injectable()
export class PlacementRows {
  constructor(readonly types: ChosenTypesRepository, readonly sources: VolumeSourcesRepository, readonly backends: BackendsRepository, readonly groups: VolumeGroups) {}
}

/**
 * Turns an accepted request into a volume on a backend.
 *
 * Theory of operation. The volume gets its backend and the storage host its command in one transaction, so that neither is without the
 * other; a volume that has a backend is not placed again. Then the operation waits for the host's report, and tells it again where it has
 * been silent for too long: the backend makes a volume once, however often it is told. If the volume cannot be made, the generation is
 * raised, so that no late command can bring it back, and `VolumeTeardown` removes whatever is found, exactly as deletion does; what cannot
 * be reached becomes a debt. The volume stays in `error` with a fault its owner can read, on no backend, and can be deleted at once.
 */
@Injectable()
export class CreateVolume extends Operation<CreateParams, { requestedAt: number }> {
  readonly kind = 'volume.create';
  readonly version = 1;
  /** Too short: large images fail on slow storage. Too long: users watch a hopeless wait. */
  readonly deadline: Duration = minutes(30);
  override readonly grace: Duration = seconds(60);
  readonly steps = [
    step('place', (run: Run<this>) => this.place(run)),
    step('await-volume', (run: Run<this>) => this.awaitVolume(run)),
  ];

  constructor(
    private readonly volumes: VolumesRepository,
    private readonly rows: PlacementRows,
    private readonly reservations: Reservations,
    private readonly build: VolumeBuild,
    private readonly observations: ObservationsRepository,
    private readonly teardown: VolumeTeardown,
  ) {
    super();
  }

  private async place(run: Run<this>): Promise<Outcome> {
    const { volumeId, source, generation } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    if (volume.backend === null) {
      await this.reservations.reserve(volumeId, await this.needs(run, volume), (work) => run.transaction(work), async (tx, name) => {
        if (volume.groupId !== null) await this.rows.groups.requireBackend(tx, volume.groupId, name);
        const zone = (await this.rows.backends.find(tx, name))?.availabilityZone ?? volume.availabilityZone;
        const placed = await this.volumes.become(tx, volume, 'creating', { backend: name, availabilityZone: zone });
        await this.build.request(tx, placed, source, generation);
      });
    }
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitVolume(run: Run<this>): Promise<Outcome> {
    const { volumeId, source, generation } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    const backend = requireBackend(volume);
    const seen = (await this.observations.ofVolume(run.db, volumeId)).find((one) => one.backend === backend);
    if (seen !== undefined && seen.sizeBytes !== null && seen.generation >= generation) {
      return finish((tx) => this.volumes.become(tx, volume, 'available', { fault: null, isLaunch: true }));
    }
    const hasFailed = requireNotRefused(await this.observations.failure(run.db, volumeId, backend), generation);
    if (isOverdue(run.clock, run.outputs.requestedAt, hasFailed)) await run.transaction((tx) => this.build.request(tx, volume, source, generation));
    return park({ until: volumeFact(volumeId), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const volume = await run.transaction(async (tx) => {
      const locked = await this.volumes.lock(tx, run.params.volumeId);
      return locked.generation > run.params.generation ? locked : this.volumes.edit(tx, locked, { raisesGeneration: true });
    });
    const leftovers = await this.teardown.ensureNothingLeft(run, volume);
    if (leftovers.length > 0 && !run.graceIsOver) return park({ until: volumeFact(volume.id), atMost: seconds(10) });
    return finish(async (tx) => {
      await this.teardown.settle(tx, volume, leftovers);
      await this.volumes.become(tx, volume, 'error', { fault: faultAt(run.clock.now(), reason), backend: null });
    });
  }

  private async needs(run: Run<this>, volume: Volume): Promise<PlacementRequest> {
    const { onlyOn, sameHost, differentHost } = run.params;
    const type = await this.rows.types.find(run.db, volume.typeId);
    const beside = await this.rows.sources.backendsOf(run.db, sameHost);
    const inGroup = volume.groupId === null ? [] : await this.rows.groups.backends(run.db, volume.groupId);
    const allowed = [onlyOn, inGroup, ...(sameHost.length > 0 ? [beside] : [])].filter((names) => names.length > 0 || names === beside);
    return {
      sizeGibibytes: volume.sizeGibibytes, zone: volume.requestedZone, extraSpecs: type?.extraSpecs ?? {}, isEncrypted: volume.keyId !== null,
      isMultiattach: volume.isMultiattach, notOn: await this.rows.sources.backendsOf(run.db, differentHost),
      onlyOn: allowed.length === 0 ? undefined : allowed.reduce((some, more) => some.filter((name) => more.includes(name))),
    };
  }
}
