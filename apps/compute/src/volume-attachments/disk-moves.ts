import { Inject, Injectable } from '@nestjs/common';
import type { CallRequest } from '@virga/contract';
import { moveDisk } from '@virga/contracts-compute';
import { CLOCK, Conflict, isUuid, newId, NotFound, type AttachmentId, type Clock, type ServerId } from '@virga/kernel';
import { answer, type Answerer } from '@virga/messaging';
import { Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { BlockDevicesRepository, type BlockDevice, type BlockDeviceId, type NewBlockDevice } from '../block-devices/index.js';
import { requireState, ServersRepository, type Server } from '../servers/index.js';
import { SWAPPABLE } from './volume-swaps.service.js';
import { SwapVolume } from './operations/swap-volume.operation.js';

/** The server does not have the volume in this way, any more. */
class NotAttached extends NotFound {
  constructor(attachmentId: string) {
    super('compute.volume.not-attached', `No server has a volume through attachment ${attachmentId}.`);
  }
}

/**
 * Lets guests go on with copies of their volumes, for block storage, which moves volumes from one backend to another.
 *
 * To the server's user nothing happens: it has the same volume at the same place. Our row of the copy, and the operation that lets it take the
 * place, begin in one transaction, so that asking again finds it; what has ended since has said so through the attachments.
 */
@Injectable()
export class DiskMoves {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly devices: BlockDevicesRepository,
    private readonly operations: Operations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  answerer(): Answerer {
    return answer(moveDisk, async (request, { requestId }) => {
      await this.db.transaction((tx) => this.move(tx, request, requestId));
      return {};
    });
  }

  private async move(tx: Tx, { serverId, attachmentId, nextAttachmentId }: CallRequest<typeof moveDisk>, requestId: string): Promise<void> {
    if (![serverId, attachmentId, nextAttachmentId ?? attachmentId].every(isUuid)) throw new NotAttached(attachmentId);
    const server = await this.servers.lock(tx, serverId as ServerId);
    if (nextAttachmentId !== null && (await this.devices.findByAttachment(tx, nextAttachmentId)) !== undefined) return;
    const device = await this.requireMovable(tx, server, attachmentId);
    if (nextAttachmentId !== null) await this.begin(tx, device, nextAttachmentId as AttachmentId, { requestId, projectId: server.projectId });
  }

  private async requireMovable(tx: Tx, server: Server, attachmentId: string): Promise<BlockDevice> {
    requireState(server, 'swap_volume', SWAPPABLE);
    const device = await this.devices.findByAttachment(tx, attachmentId);
    if (device === undefined || device.serverId !== server.id || device.isAside) throw new NotAttached(attachmentId);
    if (device.state !== 'attached') throw new Conflict('compute.volume.unavailable', `Volume ${device.volumeId} is ${device.state}.`);
    return device;
  }

  private async begin(tx: Tx, old: BlockDevice, attachmentId: AttachmentId, { requestId, projectId }: { requestId: string; projectId: Server['projectId'] }): Promise<void> {
    const { serverId, volumeId, target } = old;
    const next: NewBlockDevice = {
      id: newId<'block-device'>() as BlockDeviceId, serverId, attachmentId, volumeId, target,
      bootIndex: null, tag: null, deleteOnTermination: false, state: 'attaching', isAside: true, wish: null,
    };
    await this.devices.insert(tx, [next]);
    await this.devices.become(tx, old.id, ['attached'], 'swapping');
    const params = { serverId, deviceId: old.id, nextId: next.id, sizeBytes: null, begunAt: this.clock.now() };
    await this.operations.start(tx, SwapVolume, params, { on: { id: old.id, projectId }, by: { requestId } });
  }
}
