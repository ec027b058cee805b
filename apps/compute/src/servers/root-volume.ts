import { Injectable } from '@nestjs/common';
import { Conflict, seconds, type ServerId } from '@virga/kernel';
import { done, park, type Outcome, type Run } from '@virga/operations';
import { BlockDevicesRepository, isReachable, volumesOf, type BlockDevice, type BlockDeviceId } from '../block-devices/index.js';
import { BlockStorageCalls } from '../block-storage/index.js';
import { STORAGE_PATIENCE } from './server-volumes.js';
import { ServersRepository } from './servers.repository.js';

/** An image that is to be written over the volume that a server boots from. */
export interface Reimage {
  deviceId: BlockDeviceId;
  imageId: string;
  isAdmin: boolean;
  /** By which block storage knows the question again. */
  key: string;
}

interface Rebuild {
  serverId: ServerId;
  reimage?: Reimage | undefined;
}

type Working = Pick<Run<never>, 'db' | 'signal' | 'transaction'>;

class ReimageFailed extends Conflict {
  constructor(volumeId: string) {
    super('compute.volume.reimage-failed', `The image could not be written over volume ${volumeId}.`);
  }
}

/** The volume that a server boots from, while the server is rebuilt; each part may be repeated, and does nothing where no image is to be written. */
@Injectable()
export class RootVolume {
  constructor(private readonly servers: ServersRepository, private readonly devices: BlockDevicesRepository, private readonly storage: BlockStorageCalls) {}

  /** The volume holds the image. The server's guest must be gone. */
  async write(run: Working, { serverId, reimage }: Rebuild): Promise<Outcome> {
    const device = await this.find(run, reimage);
    if (device === undefined || reimage === undefined) return done();
    const { imageId, isAdmin, key } = reimage;
    const state = await this.storage.reimage({ attachmentId: device.attachmentId, imageId, isAdmin, key }, { signal: run.signal });
    if (state === 'failed') throw new ReimageFailed(device.volumeId);
    return state === 'done' ? done() : park({ until: volumesOf(serverId), atMost: seconds(5) });
  }

  /** The server's host reaches the volume again. */
  async connect(run: Working, { serverId, reimage }: Rebuild): Promise<Outcome> {
    const device = await this.find(run, reimage);
    const { host } = await this.servers.get(run.db, serverId);
    if (device === undefined || host === null) return done();
    const facts = await this.storage.connect({ host, attachments: [{ id: device.attachmentId, device: `/dev/${device.target}` }] }, { signal: run.signal });
    await run.transaction((tx) => this.devices.note(tx, facts));
    const [attachment = null] = facts;
    if (attachment?.state === 'error') throw new ReimageFailed(device.volumeId);
    return isReachable({ attachment }) ? done() : park({ until: volumesOf(serverId), atMost: STORAGE_PATIENCE });
  }

  /** Block storage knows that the guest has it. */
  async complete(run: Working, { reimage }: Rebuild): Promise<void> {
    const device = await this.find(run, reimage);
    if (device === undefined) return;
    const facts = await this.storage.complete([device.attachmentId], { signal: run.signal });
    await run.transaction((tx) => this.devices.note(tx, facts));
  }

  private async find(run: Working, reimage: Reimage | undefined): Promise<BlockDevice | undefined> {
    return reimage === undefined ? undefined : this.devices.find(run.db, reimage.deviceId);
  }
}
