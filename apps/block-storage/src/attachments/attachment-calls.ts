import { Injectable } from '@nestjs/common';
import type { CallContract, CallReply, CallRequest } from '@virga/contract';
import {
  beginDetach, completeAttachments, connectAttachments, listAttachedServers, releaseAttachments, reserveAttachment, type AttachmentFact,
} from '@virga/contracts-block-storage';
import { Conflict, Invalid, isUuid, type AttachmentId, type ServerId, type UserId, type VolumeId } from '@virga/kernel';
import { answer, type Answerer, type Question } from '@virga/messaging';
import { Database, type Tx } from '@virga/persistence';
import { CallAnswers } from '../calls/index.js';
import { VolumesRepository, VolumeState, VolumeUnknown } from '../volumes/index.js';
import type { Attachment } from './attachment.js';
import { AttachmentChanges } from './attachment-changes.js';
import { AttachmentGone, AttachmentNotFit } from './attachment-faults.js';
import { AttachmentNews } from './attachment-news.js';
import { AttachmentLifecycle } from './attachment-lifecycle.js';
import { AttachmentsRepository } from './attachments.repository.js';

type Asked<Contract extends CallContract> = CallRequest<Contract>;

/**
 * What compute asks for its servers' volumes. Each may be asked again and is answered alike; what takes longer than an answer is
 * an operation, and `attachmentChanged` tells of it. Only attachments that compute has made are its business.
 */
@Injectable()
export class AttachmentCalls extends CallAnswers {
  constructor(
    private readonly db: Database,
    private readonly attachments: AttachmentsRepository,
    private readonly volumes: VolumesRepository,
    private readonly lifecycle: AttachmentLifecycle,
    private readonly changes: AttachmentChanges,
    private readonly news: AttachmentNews,
  ) {
    super();
  }

  answerers(): readonly Answerer[] {
    return [
      answer(reserveAttachment, (request) => asConflict(this.reserve(request))),
      answer(connectAttachments, (request, question) => asConflict(this.connect(request, question))),
      answer(completeAttachments, (request) => asConflict(this.complete(request))),
      answer(beginDetach, (request) => asConflict(this.beginDetach(request))),
      answer(releaseAttachments, (request, question) => asConflict(this.release(request, question))),
      answer(listAttachedServers, ({ afterServerId, limit }) => this.listServers(afterServerId, limit)),
    ];
  }

  private async reserve({ projectId, isAdmin, attachmentId, volumeId, serverId, userId }: Asked<typeof reserveAttachment>): Promise<AttachmentFact> {
    requireIds(attachmentId, serverId);
    const volume = await this.volumes.find(this.db, volumeId);
    if (volume === undefined || volume.status === 'deleted' || (volume.projectId !== projectId && !isAdmin)) throw new VolumeUnknown(volumeId);
    return this.db.transaction(async (tx) => {
      await this.changes.hold(tx, volume.id);
      const known = await this.attachments.find(tx, attachmentId);
      if (known !== undefined) return this.news.factOf(tx, requireSame(known, { volumeId, serverId }));
      const reserved = await this.lifecycle.reserve(tx, {
        id: attachmentId as AttachmentId, volumeId: volumeId as VolumeId, serverId: serverId as ServerId, userId: userId as UserId, owner: 'compute',
      });
      return this.news.factOf(tx, reserved);
    });
  }

  private async connect({ host, attachments }: Asked<typeof connectAttachments>, { requestId }: Question): Promise<CallReply<typeof connectAttachments>> {
    return this.each(attachments.map(({ id }) => id), async (tx, id) => {
      const device = attachments.find((one) => one.id.toLowerCase() === id)?.device;
      return this.lifecycle.connect(tx, id, { host, mountpoint: device === undefined || device === '' ? null : device, connector: { host }, triesAgain: false }, { requestId });
    });
  }

  private complete({ attachmentIds }: Asked<typeof completeAttachments>): Promise<CallReply<typeof completeAttachments>> {
    return this.each(attachmentIds, (tx, id) => this.lifecycle.complete(tx, id));
  }

  private async beginDetach({ attachmentId, isUndone }: Asked<typeof beginDetach>): Promise<AttachmentFact> {
    return this.db.transaction(async (tx) => {
      await this.requireComputes(tx, attachmentId);
      return this.news.factOf(tx, await this.lifecycle.beginDetach(tx, attachmentId as AttachmentId, isUndone));
    });
  }

  private async release({ attachmentIds }: Asked<typeof releaseAttachments>, { requestId }: Question): Promise<CallReply<typeof releaseAttachments>> {
    const known = await this.attachments.list(this.db, attachmentIds.filter(isUuid) as AttachmentId[]);
    const there = known.filter(({ state }) => state !== 'deleted').map(({ id }) => id);
    return this.each(there, (tx, id) => this.lifecycle.release(tx, id, { isLeaving: true }, { requestId }), { mayBeGone: true });
  }

  private async listServers(after: string | null, limit: number): Promise<CallReply<typeof listAttachedServers>> {
    if (after !== null) requireIds(after);
    return { servers: await this.attachments.servers(this.db, after as ServerId | null, limit) };
  }

  /**
   * Each in a transaction of its own: a volume that is busy holds up no other. Those that are gone afterwards are left out, and with
   * `mayBeGone` those that go while they are looked at.
   */
  private async each(ids: readonly string[], work: (tx: Tx, id: AttachmentId) => Promise<Attachment>, { mayBeGone = false } = {}): Promise<{ attachments: AttachmentFact[] }> {
    const facts: AttachmentFact[] = [];
    for (const id of new Set(ids.map((one) => one.toLowerCase()))) {
      const fact = await this.db.transaction(async (tx) => {
        await this.requireComputes(tx, id);
        const next = await work(tx, id as AttachmentId);
        return next.state === 'deleted' ? undefined : this.news.factOf(tx, next);
      }).catch((error: unknown) => {
        if (mayBeGone && error instanceof AttachmentGone) return undefined;
        throw error;
      });
      if (fact !== undefined) facts.push(fact);
    }
    return { attachments: facts };
  }

  private async requireComputes(tx: Tx, id: string): Promise<void> {
    requireIds(id);
    const { owner } = await this.attachments.get(tx, id as AttachmentId);
    if (owner !== 'compute') throw new AttachmentGone(id);
  }
}

function requireIds(...ids: string[]): void {
  const wrong = ids.find((id) => !isUuid(id));
  if (wrong !== undefined) throw new Invalid('block-storage.attachment.id', `'${wrong}' is not a UUID.`);
}

/** The answer to a repeated question; one that has been released since stays gone. */
function requireSame(known: Attachment, asked: { volumeId: string; serverId: string }): Attachment {
  if (known.state === 'deleted') throw new AttachmentGone(known.id);
  if (known.volumeId !== asked.volumeId.toLowerCase() || known.serverId !== asked.serverId.toLowerCase()) {
    throw new Conflict('block-storage.attachment.exists', `Volume attachment ${known.id} is of another volume or server.`);
  }
  return known;
}

/** What a user is told as a bad request is a clash for a service. */
async function asConflict<Reply>(work: Promise<Reply>): Promise<Reply> {
  return work.catch((error: unknown) => {
    const isClash = error instanceof VolumeState || error instanceof AttachmentNotFit;
    throw isClash ? new Conflict(error.code, error.message, { cause: error }) : error;
  });
}
