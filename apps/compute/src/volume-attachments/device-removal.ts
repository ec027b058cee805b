import { Injectable } from '@nestjs/common';
import { Unavailable, type Duration } from '@virga/kernel';
import { Debts, type Run } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { BlockDevicesRepository, type BlockDevice } from '../block-devices/index.js';
import { BlockStorageCalls } from '../block-storage/index.js';
import { HostCommands } from '../servers/index.js';
import { GuestDisks, type DeviceParams, type SeenDevice } from './guest-disks.js';

type Working = Pick<Run<never>, 'db' | 'signal' | 'transaction'> & { params: Readonly<DeviceParams> };

/**
 * Takes a volume away from a server: detaching and giving up an attachment share it.
 *
 * Theory of operation. The guest lets go of the disk first; a host that says nothing is not waited for, since the second part
 * is what makes the volume safe: block storage takes the export away, and only then does the attachment go. What block storage
 * cannot do in time becomes a debt, and the volume stays taken until it is paid.
 */
@Injectable()
export class DeviceRemoval {
  constructor(
    private readonly disks: GuestDisks,
    private readonly devices: BlockDevicesRepository,
    private readonly storage: BlockStorageCalls,
    private readonly commands: HostCommands,
    private readonly debts: Debts,
  ) {}

  /** The guest does not have the volume: nothing to wait for; else how long until the next look. Throws `HostRefused`. */
  async unplug(run: Working, seen: SeenDevice): Promise<'unplugged' | Duration> {
    if (isUnplugged(seen)) return 'unplugged';
    if (!this.disks.isToBeTold(seen, 'no-disk')) return NEXT_LOOK;
    return this.disks.tell(run, run.params, 'no-disk', async (tx, server, device) => {
      await this.devices.become(tx, device.id, ['attaching', 'attached', 'reserving', 'planned'], 'detaching');
      await this.commands.ensureNoDisk(tx, server, device.attachmentId, server.generation);
    });
  }

  /** Nobody reaches the volume through the attachment any more; false while block storage is at it. */
  async release(run: Working, { attachmentId }: BlockDevice): Promise<boolean> {
    return (await this.storage.release([attachmentId], { signal: run.signal })).length === 0;
  }

  /** The same for an operation that must come to an end: block storage that is not there has not done it. */
  async tryRelease(run: Working, device: BlockDevice): Promise<boolean> {
    return this.release(run, device).catch((error: unknown) => {
      if (error instanceof Unavailable) return false;
      throw error;
    });
  }

  /** The server does not have the volume any more; what block storage still has to do is owed. */
  async settle(tx: Tx, device: BlockDevice, isReleased: boolean): Promise<void> {
    if (!isReleased) {
      const { attachmentId, serverId } = device;
      await this.debts.record(tx, serverId, [{ backend: 'block-storage', resourceType: `attachment:${attachmentId}`, generation: 1, detail: { attachmentId } }]);
    }
    await this.devices.remove(tx, [device.id]);
  }
}

/** Commands are sent again after 30 seconds; a look in between costs little. */
const NEXT_LOOK = 10_000 as Duration;

/**
 * Whether the guest is known not to have the volume: it is not there, its host cannot be asked, or it was seen without the volume after
 * the last command about it.
 */
function isUnplugged({ device, guest, isHostSilent }: SeenDevice): boolean {
  if (isHostSilent || guest === undefined || guest.power === null) return true;
  return !guest.attachmentIds.includes(device.attachmentId) && guest.generation >= (device.told?.generation ?? 0);
}
