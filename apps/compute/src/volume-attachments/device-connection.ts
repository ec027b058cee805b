import { Injectable } from '@nestjs/common';
import { Conflict } from '@virga/kernel';
import { done, finish, park, type Outcome, type Run } from '@virga/operations';
import { BlockDevicesRepository, isReachable, volumesOf } from '../block-devices/index.js';
import { BlockStorageCalls } from '../block-storage/index.js';
import { STORAGE_PATIENCE } from '../servers/index.js';
import { GuestDisks, type DeviceParams } from './guest-disks.js';

type Working = Pick<Run<never>, 'db' | 'signal' | 'transaction'>;

/** Block storage has said that the host cannot reach the volume. */
class ConnectionFailed extends Conflict {
  constructor(volumeId: string, reason: string) {
    super('compute.volume.failed', `Volume ${volumeId} could not be attached: ${reason}`);
  }
}

/** Makes volumes reachable for the hosts of their servers: attaching and swapping share it. */
@Injectable()
export class DeviceConnection {
  constructor(private readonly disks: GuestDisks, private readonly devices: BlockDevicesRepository, private readonly storage: BlockStorageCalls) {}

  /** The step is done when the device's attachment leads to its server's host. Throws `ConnectionFailed`. */
  async connect(run: Working, params: DeviceParams): Promise<Outcome> {
    const seen = await this.disks.look(run.db, params);
    if (seen === undefined) return finish(async () => undefined);
    const { server, device } = seen;
    if (isReachable(device) || server.host === null) return done();
    const [fact] = await this.storage.connect({ host: server.host, attachments: [{ id: device.attachmentId, device: `/dev/${device.target}` }] }, { signal: run.signal });
    if (fact === undefined) return park({ until: volumesOf(server.id), atMost: STORAGE_PATIENCE });
    await run.transaction((tx) => this.devices.note(tx, [fact]));
    if (fact.state === 'error') throw new ConnectionFailed(device.volumeId, fact.fault?.message ?? 'its host cannot reach it.');
    return isReachable({ attachment: fact }) ? done() : park({ until: volumesOf(server.id), atMost: STORAGE_PATIENCE });
  }
}
