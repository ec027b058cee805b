import { Inject, Injectable } from '@nestjs/common';
import { ensureVolume, type VolumeSourceCommand } from '@virga/contracts-block-storage';
import { issueTicket } from '@virga/contracts-image';
import { CLOCK, hours, type Clock } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { StorageCommands } from '../backends/index.js';
import { TICKET_KEY } from '../images/index.js';
import { GIBIBYTE, VolumeState, type Volume } from './volume.js';
import type { BuildSource } from './wish-check.js';

/**
 * How long a storage host may read an image after it was told to.
 *
 * Too short: a host with a long queue of commands finds the door closed, until the command is sent again. Too long: a taken-over
 * host can read images that it was once given.
 */
const TICKET_VALIDITY = hours(1);

/** Tells storage hosts to make volumes. */
@Injectable()
export class VolumeBuild {
  constructor(
    private readonly commands: StorageCommands,
    @Inject(TICKET_KEY) private readonly ticketKey: Buffer,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async request(tx: Tx, volume: Volume, source: BuildSource, generation: number): Promise<void> {
    await this.commands.send(tx, requireBackend(volume), ensureVolume, {
      id: volume.id, generation, sizeBytes: volume.sizeGibibytes * GIBIBYTE, source: this.command(source), keyId: volume.keyId,
    });
  }

  private command(source: BuildSource): VolumeSourceCommand {
    if (source.kind !== 'image') return source;
    return { ...source, ticket: issueTicket(this.ticketKey, source.imageId, this.clock.now(), TICKET_VALIDITY) };
  }
}

/** The volume's backend; throws `VolumeState` where it has none. */
export function requireBackend({ id, backend }: Pick<Volume, 'id' | 'backend'>): string {
  if (backend === null) throw new VolumeState(`Volume ${id} is on no backend.`);
  return backend;
}
