import { Injectable } from '@nestjs/common';
import type { MessageBody } from '@virga/contract';
import type { attachmentChanged } from '@virga/contracts-block-storage';
import { isUuid, type ServerId } from '@virga/kernel';
import { Debts, Operations, wakeKey, type WakeKey } from '@virga/operations';
import { Database } from '@virga/persistence';
import { BlockDevicesRepository } from './block-devices.repository.js';

/** What an operation waits for that has asked block storage for something about a server's volumes. */
export function volumesOf(server: ServerId): WakeKey {
  return wakeKey('volumes', server);
}

/** Notes what block storage says of servers' attachments, and wakes whoever waits for it; an event that comes twice or late changes nothing. */
@Injectable()
export class VolumeEvents {
  constructor(
    private readonly db: Database, private readonly devices: BlockDevicesRepository, private readonly operations: Operations, private readonly debts: Debts,
  ) {}

  async attachmentChanged({ serverId, attachment }: MessageBody<typeof attachmentChanged>): Promise<void> {
    if (serverId === null || !isUuid(serverId)) return;
    await this.db.transaction(async (tx) => {
      if (attachment !== null) await this.devices.note(tx, [attachment]);
      // An attachment that is gone may be one that was owed.
      else await this.debts.backendIsBack(tx, 'block-storage');
      await this.operations.wake(tx, volumesOf(serverId as ServerId));
    });
  }

  /** A volume, or a snapshot of it, is not as it was. */
  async volumeChanged({ volumeId }: { volumeId: string }): Promise<void> {
    if (!isUuid(volumeId)) return;
    const devices = await this.devices.ofVolume(this.db, volumeId);
    if (devices.length === 0) return;
    await this.db.transaction(async (tx) => {
      for (const serverId of [...new Set(devices.map((device) => device.serverId))].sort()) await this.operations.wake(tx, volumesOf(serverId));
    });
  }
}
