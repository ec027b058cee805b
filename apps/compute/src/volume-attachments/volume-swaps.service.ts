import { Injectable } from '@nestjs/common';
import type { VolumeFact } from '@virga/contracts-block-storage';
import { Conflict, Invalid, newId, NotFound, raise, type AttachmentId, type Caller, type VolumeId } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { BlockDevicesRepository, type BlockDevice, type BlockDeviceId, type NewBlockDevice } from '../block-devices/index.js';
import { BlockStorageCalls, type Asker } from '../block-storage/index.js';
import { requireState, ServerAccess, type Server, type ServerState } from '../servers/index.js';
import { DeviceOperations } from './device-operations.js';

const GIBIBYTE = 1024 ** 3;

/** The volume that was named cannot take the place of the other. */
class SwapTarget extends Invalid {
  constructor(reason: string, cause?: unknown) {
    super('compute.volume.swap-target', reason, { cause });
  }
}

/** States in which a guest is there to go on with another volume. */
export const SWAPPABLE: readonly ServerState[] = ['active', 'paused', 'resized'];

/** Puts other volumes in the place of those that servers have. */
@Injectable()
export class VolumeSwaps {
  constructor(
    private readonly db: Database,
    private readonly devices: BlockDevicesRepository,
    private readonly access: ServerAccess,
    private readonly storage: BlockStorageCalls,
    private readonly work: DeviceOperations,
  ) {}

  /** Both volumes are spoken for when this answers; the rest happens in the background. As in attaching, our row comes before the reservation. */
  async swap(caller: Caller, server: Server, { device, volumeId }: { device: BlockDevice; volumeId: string }, signal: AbortSignal): Promise<void> {
    this.access.requireUnlocked(caller, server);
    requireState(server, 'swap_volume', SWAPPABLE);
    if (device.state !== 'attached') throw new Invalid('compute.volume.unavailable', `Invalid volume: volume ${device.volumeId} is ${device.state}.`);
    const asker = { projectId: server.projectId, isAdmin: true };
    const [old, next] = await this.describe(asker, [device.volumeId, volumeId], signal);
    requireSwappable(old, next);
    await this.requireSoleWriter(device);
    const planned = await this.plan(device, next.id as VolumeId);
    await this.reserve(caller, asker, planned, signal);
    const fact = await this.storage.beginDetach(device.attachmentId, false, { signal }).catch((error: unknown) => this.letGo(planned, caller, error));
    const isLarger = next.sizeGibibytes > old.sizeGibibytes;
    await this.db.transaction(async (tx) => {
      await this.devices.note(tx, [fact]);
      if (isLarger) await this.devices.noteSize(tx, planned.attachmentId, next.sizeGibibytes * GIBIBYTE);
    });
    const sizeBytes = isLarger ? old.sizeGibibytes * GIBIBYTE : null;
    await this.work.beginSwapping(device, { next: planned, sizeBytes }, caller, (now) => requireState(now, 'swap_volume', SWAPPABLE));
  }

  private async describe(asker: Asker, ids: [string, string], signal: AbortSignal): Promise<[VolumeFact, VolumeFact]> {
    const [old, next] = await this.storage.describeVolumes(asker, ids, { signal }).catch((error: unknown) => {
      // What a body refers to and is not there makes a wrong request.
      throw error instanceof NotFound ? new SwapTarget(error.message, error) : error;
    });
    return [old ?? raise(new SwapTarget(`Volume ${ids[0]} could not be found.`)), next ?? raise(new SwapTarget(`Volume ${ids[1]} could not be found.`))];
  }

  /** What another server writes meanwhile would be lost. */
  private async requireSoleWriter({ volumeId }: BlockDevice): Promise<void> {
    const writers = (await this.devices.ofVolume(this.db, volumeId)).filter(({ attachment }) => attachment?.isReadOnly !== true);
    if (writers.length > 1) throw new SwapTarget('Swapping multi-attach volumes with more than one read/write attachment is not supported.');
  }

  private async plan({ serverId, target }: BlockDevice, volumeId: VolumeId): Promise<NewBlockDevice> {
    const device: NewBlockDevice = {
      id: newId<'block-device'>() as BlockDeviceId, serverId, attachmentId: newId<'attachment'>() as AttachmentId, volumeId, target,
      bootIndex: null, tag: null, deleteOnTermination: false, state: 'reserving', isAside: true, wish: null,
    };
    await this.db.transaction((tx) => this.devices.insert(tx, [device]));
    return device;
  }

  private async reserve(caller: Caller, asker: Asker, planned: NewBlockDevice, signal: AbortSignal): Promise<void> {
    const { attachmentId, volumeId, serverId } = planned;
    try {
      const fact = await this.storage.reserve({ ...asker, attachmentId, volumeId, serverId, userId: caller.userId }, { signal, idempotencyKey: attachmentId });
      await this.db.transaction((tx) => this.devices.note(tx, [fact]));
    } catch (error) {
      await this.work.forgetReservation(planned, error, caller);
      throw error instanceof Conflict ? new SwapTarget(`Invalid volume: ${error.message}`, error) : error;
    }
  }

  /** Block storage does not let the old volume go: the new one is set free. */
  private async letGo(planned: NewBlockDevice, caller: Caller, error: unknown): Promise<never> {
    await this.work.clean(planned, caller).catch(() => undefined);
    throw error instanceof Conflict ? new Invalid('compute.volume.unavailable', `Invalid volume: ${error.message}`, { cause: error }) : error;
  }
}

function requireSwappable(old: VolumeFact, next: VolumeFact): void {
  if (next.status !== 'available') throw new SwapTarget('Invalid volume: New volume must be detached in order to swap.');
  if (next.sizeGibibytes < old.sizeGibibytes) throw new SwapTarget('Invalid volume: New volume must be the same size or larger.');
}
