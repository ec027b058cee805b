import { Injectable } from '@nestjs/common';
import type { AttachmentId, PublicFault, VolumeId } from '@virga/kernel';
import { Debts, Operations, type Leftover } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { ObservationsRepository } from '../reports/index.js';
import { moveFact, VolumesRepository, type Volume } from '../volumes/index.js';
import { isSeen, standingAfter, type Attachment, type AttachmentState } from './attachment.js';
import { AttachmentGone } from './attachment-faults.js';
import { AttachmentNews } from './attachment-news.js';
import { AttachmentsRepository, type AttachmentChange, type NewAttachment } from './attachments.repository.js';

/** A volume whose row is locked, with its attachments that users know of: nobody else changes any of them until the transaction ends. */
export interface Held {
  volume: Volume;
  attachments: readonly Attachment[];
}

export interface Settling {
  /** Somebody has lost the volume: an `error` that an operator has set for that ends with it. */
  hasLost?: boolean;
}

/**
 * Changes attachments, and in the same transaction what follows from it: the volume's status, and the event for compute.
 *
 * The volume's row is locked before its attachments are read, by everybody: of two who want a volume, one sees the other.
 */
@Injectable()
export class AttachmentChanges {
  constructor(
    private readonly attachments: AttachmentsRepository,
    private readonly volumes: VolumesRepository,
    private readonly observations: ObservationsRepository,
    private readonly news: AttachmentNews,
    private readonly debts: Debts,
    private readonly operations: Operations,
  ) {}

  async hold(tx: Tx, volumeId: VolumeId): Promise<Held> {
    const { volume, attachments } = await this.holdAll(tx, volumeId);
    return { volume, attachments: attachments.filter(isSeen) };
  }

  /** The attachment, whether users know of it or not, with its volume held; throws `AttachmentGone`. */
  async holdOne(tx: Tx, id: AttachmentId): Promise<Held & { attachment: Attachment }> {
    const { volume, attachments } = await this.holdAll(tx, (await this.attachments.get(tx, id)).volumeId);
    const attachment = attachments.find((one) => one.id === id);
    if (attachment === undefined) throw new AttachmentGone(id);
    return { volume, attachments: attachments.filter(isSeen), attachment };
  }

  /** The volume's row is locked before its attachments are read. */
  private async holdAll(tx: Tx, volumeId: VolumeId): Promise<Held> {
    const volume = await this.volumes.lock(tx, volumeId);
    return { volume, attachments: await this.attachments.ofVolume(tx, volumeId) };
  }

  /** The same as it is now, without a lock. */
  async readOne(db: Reader, id: AttachmentId): Promise<{ attachment: Attachment; volume: Volume }> {
    const attachment = await this.attachments.get(db, id);
    return { attachment, volume: await this.volumes.get(db, attachment.volumeId) };
  }

  async insert(tx: Tx, wanted: NewAttachment): Promise<Attachment> {
    const made = await this.attachments.insert(tx, wanted);
    await this.settle(tx, made.volumeId);
    await this.news.changed(tx, made);
    return made;
  }

  /** The attachment, whose volume is held, becomes this. */
  async become(tx: Tx, seen: Attachment, state: AttachmentState, change: AttachmentChange = {}, settling: Settling = {}): Promise<Attachment> {
    const next = await this.attachments.become(tx, seen, state, change);
    await this.settle(tx, next.volumeId, settling);
    await this.news.changed(tx, next);
    // Whoever moves the volume waits for what becomes of those that users do not see.
    if (!isSeen(seen) || !isSeen(next)) await this.operations.wake(tx, moveFact(next.volumeId));
    return next;
  }

  /** `next` is attached, and seen, in the place of `old`, which leads to where the volume was; the volume's status does not show that for a moment it had none. */
  async replace(tx: Tx, next: Attachment, old: Attachment | undefined, backend: string | null): Promise<Attachment> {
    const hidden = old && await this.attachments.become(tx, old, old.state, { backend });
    const attached = await this.become(tx, next, 'attached', { backend: null });
    if (hidden !== undefined) await this.news.changed(tx, hidden);
    return attached;
  }

  /**
   * Its export is proven to be gone, or there never was one: an attachment that is to go is gone, and another becomes what it was
   * before it was connected.
   */
  async withdrawn(tx: Tx, attachment: Attachment): Promise<void> {
    if (!attachment.isLeaving) {
      await this.become(tx, attachment, 'attached', { host: null, connector: null, address: null, fault: null });
      return;
    }
    await this.become(tx, attachment, 'deleted', { host: null, address: null, fault: null }, { hasLost: true });
    await this.observations.forgetExport(tx, attachment.id);
  }

  /** Writes down what is owed, with the cause for the attachment's owner. */
  async owes(tx: Tx, attachment: Attachment, fault: PublicFault, leftover: Leftover): Promise<void> {
    await this.debts.record(tx, attachment.id, [leftover]);
    await this.news.failed(tx, await this.become(tx, attachment, 'error', { fault }));
  }

  /** It could not be connected, and it is proven that nobody can reach the volume through it. */
  async failed(tx: Tx, attachment: Attachment, fault: PublicFault): Promise<void> {
    await this.news.failed(tx, await this.become(tx, attachment, 'error', { fault, host: null, connector: null, address: null }));
  }

  /** The volume's status follows from its attachments. */
  async settle(tx: Tx, volumeId: VolumeId, settling: Settling = {}): Promise<void> {
    const { volume, attachments } = await this.hold(tx, volumeId);
    const standing = standingAfter(volume, attachments, settling);
    if (standing.status !== volume.status || standing.previousStatus !== volume.previousStatus) await this.volumes.become(tx, volume, standing.status, standing);
  }
}
