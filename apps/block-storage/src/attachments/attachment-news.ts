import { Injectable } from '@nestjs/common';
import { attachmentChanged, type AttachmentFact } from '@virga/contracts-block-storage';
import { event, Outbox } from '@virga/messaging/outbox';
import type { Reader, Tx } from '@virga/persistence';
import { Messages } from '../messages/index.js';
import { QosSpecsRepository, volumeLimits } from '../qos-specs/index.js';
import { VolumesRepository } from '../volumes/index.js';
import type { Attachment } from './attachment.js';
import { attachmentFact } from './attachment-fact.js';

/** Tells compute what became of its servers' attachments, and users what went wrong that they do not wait for any more. */
@Injectable()
export class AttachmentNews {
  constructor(
    private readonly volumes: VolumesRepository,
    private readonly qos: QosSpecsRepository,
    private readonly outbox: Outbox,
    private readonly messages: Messages,
  ) {}

  /** The attachment as compute knows it, with what its volume's type lets the guest do. */
  async factOf(db: Reader, attachment: Attachment): Promise<AttachmentFact> {
    const volume = await this.volumes.get(db, attachment.volumeId);
    return attachmentFact(attachment, volume, volumeLimits(await this.qos.ofType(db, volume.typeId), volume.sizeGibibytes));
  }

  /** In the transaction of the change. */
  async changed(tx: Tx, attachment: Attachment): Promise<void> {
    if (attachment.owner !== 'compute') return;
    const { id: attachmentId, volumeId, serverId, generation } = attachment;
    const fact = attachment.state === 'deleted' ? null : await this.factOf(tx, attachment);
    await this.outbox.add(tx, event(attachmentChanged, { attachmentId, volumeId, serverId, generation, attachment: fact }));
  }

  /** In the transaction that leaves the attachment in error. */
  async failed(tx: Tx, { projectId, volumeId, isLeaving, fault }: Attachment): Promise<void> {
    const detail = isLeaving ? 'detach-failed' : 'attach-failed';
    await this.messages.record(tx, { projectId, resource: { kind: 'volume', id: volumeId }, action: 'update-attachment', detail, cause: fault ?? undefined });
  }
}
