import { Injectable } from '@nestjs/common';
import { minutes, seconds, type Duration, type Fault } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { BlockDevicesRepository, volumesOf } from '../../block-devices/index.js';
import { BlockStorageCalls } from '../../block-storage/index.js';
import { guestReport } from '../../guests/index.js';
import { HostCommands, HostRefused, STORAGE_PATIENCE } from '../../servers/index.js';
import { DeviceConnection } from '../device-connection.js';
import { DeviceRemoval } from '../device-removal.js';
import { GuestDisks, hasDisk, type DeviceParams } from '../guest-disks.js';

/**
 * Gives a guest a volume that has been reserved for its server.
 *
 * Theory of operation. Block storage makes the volume reachable for the server's host, the host plugs it into the guest, and
 * block storage learns that it is attached; each step looks first, and asks or tells again what was lost. Whatever is found under
 * the attachment's id is the state: nothing else is remembered. If it cannot be done, the guest lets go of the disk (if it has
 * it) and the attachment is released, which sets the volume free. A server that goes meanwhile takes its devices with it.
 */
@Injectable()
export class AttachVolume extends Operation<DeviceParams> {
  readonly kind = 'block-device.attach';
  readonly version = 1;
  /** Too short: storage hosts that are busy fail good requests. Too long: users watch a volume that will not come. */
  readonly deadline: Duration = minutes(5);
  override readonly grace: Duration = minutes(2);
  readonly steps = [
    step('connect-volume', (run: Run<this>) => this.connection.connect(run, run.params)),
    step('plug-disk', (run: Run<this>) => this.plug(run)),
    step('complete-attachment', (run: Run<this>) => this.complete(run)),
  ];

  constructor(
    private readonly disks: GuestDisks,
    private readonly devices: BlockDevicesRepository,
    private readonly storage: BlockStorageCalls,
    private readonly commands: HostCommands,
    private readonly removal: DeviceRemoval,
    private readonly connection: DeviceConnection,
  ) {
    super();
  }

  private async plug(run: Run<this>): Promise<Outcome> {
    const seen = await this.disks.look(run.db, run.params);
    if (seen === undefined) return nothingLeftToDo();
    if (hasDisk(seen)) return done();
    const patience = this.disks.isToBeTold(seen, 'disk') ? await this.tell(run) : seconds(10);
    return park({ until: guestReport(run.params.serverId), atMost: patience });
  }

  private tell(run: Run<this>): Promise<Duration> {
    return this.disks.tell(run, run.params, 'disk', (tx, server, device) => this.commands.ensureDisk(tx, server, device, server.generation));
  }

  private async complete(run: Run<this>): Promise<Outcome> {
    const seen = await this.disks.look(run.db, run.params);
    if (seen === undefined) return nothingLeftToDo();
    const facts = await this.storage.complete([seen.device.attachmentId], { signal: run.signal });
    return finish(async (tx) => {
      await this.devices.note(tx, facts);
      await this.devices.become(tx, run.params.deviceId, ['attaching', 'attached'], 'attached');
    });
  }

  async abandon(run: Run<this>, _reason: Fault): Promise<Outcome> {
    const seen = await this.disks.look(run.db, run.params);
    // A volume that was attached already and could only not be plugged again stays the server's.
    if (seen === undefined || seen.device.state === 'attached') return nothingLeftToDo();
    const { device } = seen;
    const progress = run.graceIsOver ? 'unplugged' : await this.removal.unplug(run, seen).catch(refusedUnplug);
    if (progress !== 'unplugged') return park({ until: guestReport(run.params.serverId), atMost: progress });
    const isReleased = await this.removal.tryRelease(run, device);
    if (!isReleased && !run.graceIsOver) return park({ until: volumesOf(run.params.serverId), atMost: STORAGE_PATIENCE });
    return finish((tx) => this.removal.settle(tx, device, isReleased));
  }
}

/** A host that cannot even take the disk away loses it from the other side. */
function refusedUnplug(error: unknown): 'unplugged' {
  if (error instanceof HostRefused) return 'unplugged';
  throw error;
}

/** The server is going, and its devices with it. */
function nothingLeftToDo(): Outcome {
  return finish(async () => undefined);
}
