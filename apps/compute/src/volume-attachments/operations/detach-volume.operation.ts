import { Injectable } from '@nestjs/common';
import { minutes, NotFound, type Duration, type Fault } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { BlockDevicesRepository, isReachable, volumesOf, type BlockDevice } from '../../block-devices/index.js';
import { BlockStorageCalls } from '../../block-storage/index.js';
import { guestReport } from '../../guests/index.js';
import { HostCommands, STORAGE_PATIENCE } from '../../servers/index.js';
import { DeviceRemoval } from '../device-removal.js';
import { GuestDisks, type DeviceParams } from '../guest-disks.js';

export interface DetachParams extends DeviceParams {
  /** Nobody has asked for it: the device is what a broken request, or block storage, has left. It is not given back. */
  isCleanup: boolean;
}

/**
 * Takes a volume away from a guest and sets it free.
 *
 * Theory of operation. The guest is asked to let go of the disk. A guest that does not keeps it: when the deadline comes, the
 * volume is attached as before, and its owner reads why in the server's history. On a host that says nothing there is nobody to
 * ask; the attachment is released all the same, since block storage takes the export away first: that, and not the guest's word,
 * is what makes sure that nobody writes any more. From the moment in which the release was asked for there is no way back; what
 * block storage cannot do in time is owed, and the volume stays taken until then.
 */
@Injectable()
export class DetachVolume extends Operation<DetachParams, { isLetGo: boolean }> {
  readonly kind = 'block-device.detach';
  readonly version = 1;
  /** Too short: guests that are busy with the disk keep it where a moment's wait would do. Too long: users wait for guests that do not listen. */
  readonly deadline: Duration = minutes(5);
  override readonly grace: Duration = minutes(2);
  readonly steps = [
    step('begin-detaching', (run: Run<this>) => this.begin(run)),
    step('unplug-disk', (run: Run<this>) => this.unplug(run)),
    step('release-attachment', (run: Run<this>) => this.release(run)),
  ];

  constructor(
    private readonly disks: GuestDisks,
    private readonly devices: BlockDevicesRepository,
    private readonly storage: BlockStorageCalls,
    private readonly commands: HostCommands,
    private readonly removal: DeviceRemoval,
  ) {
    super();
  }

  private async begin(run: Run<this>): Promise<Outcome> {
    const device = await this.devices.find(run.db, run.params.deviceId);
    if (device === undefined) return nothingLeftToDo();
    if (!run.params.isCleanup) await this.storage.beginDetach(device.attachmentId, false, { signal: run.signal }).catch(isGone);
    return done();
  }

  private async unplug(run: Run<this>): Promise<Outcome> {
    const seen = await this.disks.look(run.db, run.params);
    if (seen === undefined) return nothingLeftToDo();
    const progress = await this.removal.unplug(run, seen);
    return progress === 'unplugged' ? done({ isLetGo: true }) : park({ until: guestReport(run.params.serverId), atMost: progress });
  }

  private async release(run: Run<this>): Promise<Outcome> {
    const device = await this.devices.find(run.db, run.params.deviceId);
    if (device === undefined) return nothingLeftToDo();
    if (!(await this.removal.release(run, device))) return park({ until: volumesOf(run.params.serverId), atMost: STORAGE_PATIENCE });
    return finish((tx) => this.removal.settle(tx, device, true));
  }

  async abandon(run: Run<this>, _reason: Fault): Promise<Outcome> {
    const device = await this.devices.find(run.db, run.params.deviceId);
    if (device === undefined) return nothingLeftToDo();
    if (run.outputs.isLetGo !== true && !run.params.isCleanup && (await this.undo(run, device))) return this.giveBack(run, device);
    const isReleased = await this.removal.tryRelease(run, device);
    if (!isReleased && !run.graceIsOver) return park({ until: volumesOf(run.params.serverId), atMost: STORAGE_PATIENCE });
    return finish((tx) => this.removal.settle(tx, device, isReleased), run.outputs.isLetGo === true ? 'succeeded' : 'failed');
  }

  /** False where the attachment is gone: then there is nothing to give back. */
  private async undo(run: Run<this>, { attachmentId }: BlockDevice): Promise<boolean> {
    try {
      const fact = await this.storage.beginDetach(attachmentId, true, { signal: run.signal });
      await run.transaction((tx) => this.devices.note(tx, [fact]));
      return true;
    } catch (error) {
      if (error instanceof NotFound) return false;
      // Block storage that is away cannot be told: its attachment stays, and the reconciler says it again.
      if (run.graceIsOver) return true;
      throw error;
    }
  }

  /** The guest keeps the volume: a newer command makes its host refuse to take it away later, or plugs it again. */
  private async giveBack(run: Run<this>, device: BlockDevice): Promise<Outcome> {
    const seen = await this.disks.look(run.db, run.params);
    if (seen !== undefined && !seen.isHostSilent && isReachable(seen.device) && this.disks.isToBeTold(seen, 'disk')) {
      await this.disks.tell(run, run.params, 'disk', (tx, server, again) => this.commands.ensureDisk(tx, server, again, server.generation));
    }
    return finish((tx) => this.devices.become(tx, device.id, ['detaching'], 'attached'));
  }
}

function isGone(error: unknown): undefined {
  if (error instanceof NotFound) return undefined;
  throw error;
}

function nothingLeftToDo(): Outcome {
  return finish(async () => undefined);
}
