import { Injectable } from '@nestjs/common';
import type { CallReply, CallRequest } from '@virga/contract';
import { reimageAttachedVolume } from '@virga/contracts-block-storage';
import { Conflict, isUuid, type AttachmentId } from '@virga/kernel';
import { answer, type Answerer } from '@virga/messaging';
import { Database } from '@virga/persistence';
import { CallAnswers } from '../calls/index.js';
import { VolumeContents, VolumeState } from '../volumes/index.js';
import { mayBeExported } from './attachment.js';
import { AttachmentGone } from './attachment-faults.js';
import { AttachmentLifecycle } from './attachment-lifecycle.js';
import { AttachmentsRepository } from './attachments.repository.js';

/**
 * Writes images over volumes of servers, for compute. Each question takes the next step and answers how far it is: the export goes first, whose removal
 * the storage host proves; the attachment stays, so that nobody else gets the volume; then the volume is written, by an operation that bears the asker's key.
 */
@Injectable()
export class ReimageCalls extends CallAnswers {
  constructor(
    private readonly db: Database,
    private readonly attachments: AttachmentsRepository,
    private readonly lifecycle: AttachmentLifecycle,
    private readonly contents: VolumeContents,
  ) {
    super();
  }

  answerers(): readonly Answerer[] {
    return [answer(reimageAttachedVolume, (request, { requestId, signal }) => this.reimage(request, requestId, signal))];
  }

  private async reimage({ attachmentId, imageId, isAdmin, key }: CallRequest<typeof reimageAttachedVolume>, requestId: string, signal: AbortSignal): Promise<CallReply<typeof reimageAttachedVolume>> {
    const [attachment] = isUuid(attachmentId) ? await this.attachments.list(this.db, [attachmentId as AttachmentId]) : [];
    if (attachment === undefined || attachment.owner !== 'compute' || attachment.state === 'deleted') throw new AttachmentGone(attachmentId);
    const state = await this.contents.reimaging(attachment.volumeId, key);
    if (state !== undefined) return { state };
    if (mayBeExported(attachment)) {
      await this.db.transaction((tx) => this.lifecycle.release(tx, attachment.id, { isLeaving: false }, { requestId }));
      return { state: 'withdrawing' };
    }
    await this.contents.reimageHeld(attachment.volumeId, { imageId, key, isAdmin }, { requestId }, signal).catch((error: unknown) => {
      throw error instanceof VolumeState ? new Conflict(error.code, error.message, { cause: error }) : error;
    });
    return { state: 'writing' };
  }
}
