import { Injectable } from '@nestjs/common';
import { volumeChanged, type VolumeFact } from '@virga/contracts-block-storage';
import { event, Outbox } from '@virga/messaging/outbox';
import { Operations } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import { groupFact } from './volume-groups.js';
import { OPERATED, type Volume } from './volume.js';

/** Tells other services, and whoever works on its group, what became of a volume, in the transaction of the change. */
@Injectable()
export class VolumeEvents {
  constructor(private readonly outbox: Outbox, private readonly operations: Operations) {}

  async changed(tx: Tx, volume: Volume): Promise<void> {
    const body = { volumeId: volume.id, revision: volume.revision, volume: volume.status === 'deleted' ? null : factOf(volume) };
    await this.outbox.add(tx, event(volumeChanged, body));
    if (volume.groupId !== null && !OPERATED.has(volume.status)) await this.operations.wake(tx, groupFact(volume.groupId));
  }
}

/** A volume as compute needs to know it. */
export function factOf(volume: Volume): VolumeFact {
  const { id, projectId, sizeGibibytes, status, revision, isBootable, isMultiattach, isReadOnly, availabilityZone, fault } = volume;
  return {
    id, projectId, name: volume.name ?? '', sizeGibibytes, status, revision, isBootable, isMultiattach, isReadOnly, isEncrypted: volume.keyId !== null,
    availabilityZone, volumeType: volume.typeName, imageMetadata: volume.imageMetadata ?? {}, fault: fault && { code: fault.code, message: fault.message },
  };
}
