import { Injectable } from '@nestjs/common';
import { minutes, seconds, Unavailable, type Duration, type Fault } from '@virga/kernel';
import { finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { BlockDevicesRepository } from '../../block-devices/index.js';
import { guestReport } from '../../guests/index.js';
import { HostCommands } from '../../servers/index.js';
import { GuestDisks, hasDisk, type DeviceParams, type SeenDevice } from '../guest-disks.js';

/** It has grown again while its guest was told. */
class GrownMeanwhile extends Unavailable {
  constructor() {
    super('compute.volume.grown-meanwhile', 'The volume has grown again meanwhile.');
  }
}

/**
 * Tells a guest that one of its volumes has grown.
 *
 * Theory of operation. The size stands in the device's row before this starts, and only grows; the host is told until it has
 * carried that out. A guest that is off learns the size when it starts. Failing changes nothing: the guest sees the old size
 * until it boots.
 */
@Injectable()
export class GrowVolume extends Operation<DeviceParams> {
  readonly kind = 'block-device.grow';
  readonly version = 1;
  readonly deadline: Duration = minutes(5);
  /** Clients look for the end of Nova's event `compute_extend_volume`. */
  readonly steps = [step('extend-volume', (run: Run<this>) => this.resize(run))];

  constructor(readonly disks: GuestDisks, private readonly devices: BlockDevicesRepository, readonly commands: HostCommands) {
    super();
  }

  private async resize(run: Run<this>): Promise<Outcome> {
    const seen = await this.disks.look(run.db, run.params);
    if (seen === undefined || !isListening(seen)) return finish(async () => undefined);
    if (knowsSize(seen)) return finish((tx) => this.requireSame(tx, seen));
    const patience = isNews(seen.device) || this.disks.isToBeTold(seen, 'size') ? await tellSize(run, run.params, this) : seconds(10);
    return park({ until: guestReport(run.params.serverId), atMost: patience });
  }

  private async requireSame(tx: Tx, { device }: SeenDevice): Promise<void> {
    const now = await this.devices.lock(tx, device.id);
    if (now !== undefined && now.sizeBytes !== device.sizeBytes) throw new GrownMeanwhile();
  }

  async abandon(_run: Run<this>, _reason: Fault): Promise<Outcome> {
    return finish(async () => undefined);
  }
}

/** Tells the host the size that stands in the device's row; answers how long to wait for what comes of it. */
export function tellSize(run: Pick<Run<never>, 'transaction'>, params: DeviceParams, { disks, commands }: { disks: GuestDisks; commands: HostCommands }): Promise<Duration> {
  return disks.tell(run, params, 'size', async (tx, server, { attachmentId, sizeBytes }) => {
    if (sizeBytes !== null) await commands.ensureDiskSize(tx, server, { attachmentId, sizeBytes }, server.generation);
  });
}

/** A guest that is off learns the size when it starts. */
export function isListening(seen: SeenDevice): boolean {
  return hasDisk(seen) && (seen.guest?.power === 'running' || seen.guest?.power === 'paused');
}

/** The guest was never told of such a size. */
function isNews({ told, sizeBytes }: SeenDevice['device']): boolean {
  return (told?.sizeBytes ?? 0) < (sizeBytes ?? 0);
}

/** The host has carried out exactly the command that told it. */
export function knowsSize({ device: { told, sizeBytes }, guest }: SeenDevice): boolean {
  return told?.what === 'size' && told.sizeBytes !== undefined && told.sizeBytes >= (sizeBytes ?? 0) && guest?.generation === told.generation;
}
