import { Injectable } from '@nestjs/common';
import type { MessageBody } from '@virga/contract';
import type { attachedVolumeGrew } from '@virga/contracts-block-storage';
import { isUuid } from '@virga/kernel';
import { OperationInProgress } from '@virga/operations';
import { Database } from '@virga/persistence';
import { BlockDevicesRepository } from '../block-devices/index.js';
import { DeviceOperations } from './device-operations.js';

/** Lets guests be told that their volumes have grown. One that is being attached learns the size with the volume; one that is told already is told again. */
@Injectable()
export class GrowthEvents {
  constructor(private readonly db: Database, private readonly devices: BlockDevicesRepository, private readonly work: DeviceOperations) {}

  async grew({ attachmentId, sizeBytes, userId }: MessageBody<typeof attachedVolumeGrew>, requestId: string): Promise<void> {
    const device = isUuid(attachmentId) ? await this.devices.findByAttachment(this.db, attachmentId) : undefined;
    if (device === undefined) return;
    await this.work.grow(device, sizeBytes, { requestId, userId: userId ?? undefined }).catch((error: unknown) => {
      if (!(error instanceof OperationInProgress)) throw error;
    });
  }
}
