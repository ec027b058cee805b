import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, newRequestId, raise, Unavailable, type Caller, type Clock } from '@virga/kernel';
import { Operations, type Initiator } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { BlockDevicesRepository, BlockDeviceTaken, type BlockDevice, type NewBlockDevice } from '../block-devices/index.js';
import { ServersRepository, type Server } from '../servers/index.js';
import { AttachVolume } from './operations/attach-volume.operation.js';
import { DetachVolume } from './operations/detach-volume.operation.js';
import { GrowVolume } from './operations/grow-volume.operation.js';
import { SwapVolume } from './operations/swap-volume.operation.js';

type Named = Pick<BlockDevice, 'id' | 'serverId'>;

/** Begins what is done with single devices, each in one transaction with the device's state. */
@Injectable()
export class DeviceOperations {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly devices: BlockDevicesRepository,
    private readonly operations: Operations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The reserved volume begins to come; if the server is not as it must be any more, it is let go again and that is thrown. */
  async beginAttaching(device: NewBlockDevice, caller: Caller, requireReady: (server: Server) => void): Promise<BlockDevice> {
    try {
      return await this.db.transaction(async (tx) => {
        const server = await this.servers.lock(tx, device.serverId);
        requireReady(server);
        if (!(await this.devices.become(tx, device.id, ['reserving'], 'attaching'))) throw new BlockDeviceTaken();
        await this.start(tx, AttachVolume, device, caller, server);
        return await this.devices.find(tx, device.id) ?? raise(new BlockDeviceTaken());
      });
    } catch (error) {
      // Where even this cannot be written the reconciler finds the device.
      await this.clean(device, caller).catch(() => undefined);
      throw error;
    }
  }

  async beginDetaching(device: BlockDevice, caller: Caller, requireReady: (server: Server) => void): Promise<void> {
    await this.db.transaction(async (tx) => {
      const server = await this.servers.lock(tx, device.serverId);
      requireReady(server);
      if (!(await this.devices.become(tx, device.id, ['attached'], 'detaching'))) throw new BlockDeviceTaken();
      await this.operations.start(tx, DetachVolume, { ...paramsOf(device), isCleanup: false }, { on: { id: device.id, projectId: server.projectId }, by: caller });
    });
  }

  /** The reserved volume begins to take the place of the other; if the server is not as it must be any more, it is let go again and that is thrown. */
  async beginSwapping(old: BlockDevice, { next, sizeBytes }: { next: NewBlockDevice; sizeBytes: number | null }, caller: Caller, requireReady: (server: Server) => void): Promise<void> {
    try {
      await this.db.transaction(async (tx) => {
        const server = await this.servers.lock(tx, old.serverId);
        requireReady(server);
        const areReady = await this.devices.become(tx, old.id, ['attached'], 'swapping') && await this.devices.become(tx, next.id, ['reserving'], 'attaching');
        if (!areReady) throw new BlockDeviceTaken();
        await this.operations.start(tx, SwapVolume, { ...paramsOf(old), nextId: next.id, sizeBytes, begunAt: this.clock.now() }, { on: { id: old.id, projectId: server.projectId }, by: caller });
      });
    } catch (error) {
      await this.clean(next, caller).catch(() => undefined);
      throw error;
    }
  }

  /** Block storage has refused: there is nothing. Where it did not answer, there may be something, which is let go. */
  async forgetReservation(device: NewBlockDevice, error: unknown, caller: Caller): Promise<void> {
    if (error instanceof Unavailable) await this.clean(device, caller).catch(() => undefined);
    else await this.db.transaction((tx) => this.devices.remove(tx, [device.id]));
  }

  /** Lets go of what a broken request, or block storage, has left; whoever is at it already goes on. */
  async clean(device: Named, by: Initiator = { requestId: newRequestId() }): Promise<void> {
    await this.db.transaction(async (tx) => {
      if (!(await this.devices.become(tx, device.id, ['reserving', 'planned', 'attached', 'attaching', 'detaching'], 'detaching'))) return;
      await this.operations.start(tx, DetachVolume, { ...paramsOf(device), isCleanup: true }, { on: { id: device.id }, by });
    });
  }

  /** The guest gets the volume (again): it stays attached if that fails. */
  async plugAgain(device: Named): Promise<void> {
    await this.db.transaction((tx) => this.operations.start(tx, AttachVolume, paramsOf(device), { on: { id: device.id }, by: { requestId: newRequestId() } }));
  }

  /** Notes the volume's size and lets the guest be told. Throws `OperationInProgress`. */
  async grow(device: BlockDevice, sizeBytes: number, by: Initiator = { requestId: newRequestId() }): Promise<void> {
    await this.db.transaction((tx) => this.devices.noteSize(tx, device.attachmentId, sizeBytes));
    await this.db.transaction(async (tx) => {
      const { projectId } = await this.servers.lock(tx, device.serverId);
      await this.operations.start(tx, GrowVolume, paramsOf(device), { on: { id: device.id, projectId }, by });
    });
  }

  private async start(tx: Tx, kind: typeof AttachVolume, device: Named, by: Caller, server: Server): Promise<void> {
    await this.operations.start(tx, kind, paramsOf(device), { on: { id: device.id, projectId: server.projectId }, by });
  }
}

function paramsOf({ id, serverId }: Named): { serverId: BlockDevice['serverId']; deviceId: BlockDevice['id'] } {
  return { serverId, deviceId: id };
}
