import { Injectable } from '@nestjs/common';
import { attachedVolumeGrew, ensureVolumeSize } from '@virga/contracts-block-storage';
import { Conflict, minutes, seconds, type Duration, type Fault, type VolumeId } from '@virga/kernel';
import { event, Outbox } from '@virga/messaging/outbox';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { StorageCommands } from '../../backends/index.js';
import { COMMAND_PATIENCE, isOverdue, ObservationsRepository, requireNotRefused, volumeFact } from '../../reports/index.js';
import { Reservations } from '../../scheduling/index.js';
import { requireBackend } from '../volume-build.js';
import { VolumeSourcesRepository } from '../volume-sources.repository.js';
import { faultAt, GIBIBYTE, type Volume } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';

export interface ExtendParams {
  volumeId: VolumeId;
  generation: number;
  sizeGibibytes: number;
  /** What the volume was, and will be again, unless somebody attaches or detaches it meanwhile. */
  status: 'available' | 'in-use' | 'reserved';
}

/** The backend of the volume has no room for more: the volume stays as it was. */
class NoRoom extends Conflict {
  constructor(gibibytes: number) {
    super(NO_ROOM, `The backend of the volume has no room for it to grow by ${gibibytes} GiB.`);
  }
}

const NO_ROOM = 'block-storage.volume.no-room';

/** The tables and lines that extending needs. */
@Injectable()
export class ExtensionParts {
  constructor(
    readonly sources: VolumeSourcesRepository, readonly observations: ObservationsRepository, readonly reservations: Reservations, readonly commands: StorageCommands,
    readonly outbox: Outbox,
  ) {}
}

/**
 * Makes a volume larger, also while servers use it.
 *
 * Theory of operation. The growth is counted against quota from the request on and against the backend here; then the storage host is told the
 * size to reach, and told again where it is silent for too long. The volume's size changes only when the host has said that it is there, in one
 * transaction with the news for the servers that have the volume. A backend never shrinks a volume, so a failure leaves it as large as it was, or
 * larger than anybody was told, which is harmless: the volume is `error_extending`, with the reason, and its generation is raised, so that no late
 * command is obeyed. Where there was no room nothing was commanded, and the volume is as before.
 */
@Injectable()
export class ExtendVolume extends Operation<ExtendParams, { requestedAt: number }> {
  readonly kind = 'volume.extend';
  readonly version = 1;
  /** Too short: a host that restarts fails good requests. Too long: users wait for one that will not come back. */
  readonly deadline: Duration = minutes(5);
  override readonly grace: Duration = seconds(30);
  readonly steps = [
    step('request-size', (run: Run<this>) => this.requestSize(run)),
    step('await-size', (run: Run<this>) => this.awaitSize(run)),
  ];

  constructor(private readonly volumes: VolumesRepository, private readonly parts: ExtensionParts) {
    super();
  }

  private async requestSize(run: Run<this>): Promise<Outcome> {
    const volume = await this.volumes.get(run.db, run.params.volumeId);
    await run.transaction(async (tx) => {
      // The growth is in the sum already.
      if (!(await this.parts.reservations.hasRoom(tx, requireBackend(volume), 0))) throw new NoRoom(run.params.sizeGibibytes - volume.sizeGibibytes);
      await this.command(tx, volume, run.params);
    });
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitSize(run: Run<this>): Promise<Outcome> {
    const { volumeId, generation, sizeGibibytes, status } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    const backend = requireBackend(volume);
    const seen = (await this.parts.observations.ofVolume(run.db, volumeId)).find((one) => one.backend === backend);
    const sizeBytes = sizeGibibytes * GIBIBYTE;
    if (seen !== undefined && seen.generation >= generation && (seen.sizeBytes ?? 0) >= sizeBytes) {
      return finish(async (tx) => {
        await this.volumes.become(tx, volume, volume.previousStatus ?? status, { sizeGibibytes, growthGibibytes: 0, previousStatus: null, fault: null });
        await this.tellServers(tx, volume, sizeBytes, run.userId ?? null);
      });
    }
    const hasFailed = requireNotRefused(await this.parts.observations.failure(run.db, volumeId, backend), generation);
    if (isOverdue(run.clock, run.outputs.requestedAt, hasFailed)) await run.transaction((tx) => this.command(tx, volume, run.params));
    return park({ until: volumeFact(volumeId), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const volume = await this.volumes.get(run.db, run.params.volumeId);
    const fault = faultAt(run.clock.now(), reason);
    const end = { growthGibibytes: 0, previousStatus: null, fault, raisesGeneration: true };
    return finish((tx) => this.volumes.become(tx, volume, reason.code === NO_ROOM ? volume.previousStatus ?? run.params.status : 'error_extending', end));
  }

  private async command(tx: Tx, volume: Volume, { generation, sizeGibibytes }: ExtendParams): Promise<void> {
    const { id, keyId } = volume;
    await this.parts.commands.send(tx, requireBackend(volume), ensureVolumeSize, { id, generation, sizeBytes: sizeGibibytes * GIBIBYTE, keyId });
  }

  private async tellServers(tx: Tx, { id: volumeId }: Volume, sizeBytes: number, userId: string | null): Promise<void> {
    const attached = await this.parts.sources.attachedServers(tx, volumeId);
    await this.parts.outbox.add(tx, ...attached.map(({ attachmentId, serverId }) => event(attachedVolumeGrew, { attachmentId, volumeId, serverId, sizeBytes, userId })));
  }
}
