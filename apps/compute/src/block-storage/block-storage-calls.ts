import { Injectable } from '@nestjs/common';
import type { CallReply, CallRequest } from '@virga/contract';
import {
  beginDetach, completeAttachments, connectAttachments, describeSnapshot, describeVolumes, ensureSnapshotsTogether, ensureVolumeFor, listAttachedServers,
  reimageAttachedVolume, releaseAttachments, releaseVolumes, reserveAttachment, type AttachmentFact, type VolumeFact,
} from '@virga/contracts-block-storage';
import { newId, type Caller } from '@virga/kernel';
import { ServiceBus } from '@virga/messaging';

interface Asking {
  signal: AbortSignal;
  /** The same key asks the same question again; what may be repeated by nature needs none. */
  idempotencyKey?: string;
}

/** In whose name block storage is asked: what this project may not see does not exist. */
export interface Asker {
  projectId: string;
  isAdmin: boolean;
}

/** What compute asks the block storage service; each answer is true when it arrives, and every request may be repeated. */
@Injectable()
export class BlockStorageCalls {
  constructor(private readonly bus: ServiceBus) {}

  async describeVolumes(asker: Asker, volumeIds: string[], asking: Asking): Promise<VolumeFact[]> {
    return (await this.bus.calls.call(describeVolumes, { ...asker, volumeIds }, options(asking))).volumes;
  }

  describeSnapshot(asker: Asker, snapshotId: string, asking: Asking): Promise<CallReply<typeof describeSnapshot>> {
    return this.bus.calls.call(describeSnapshot, { ...asker, snapshotId }, options(asking));
  }

  ensureVolume(request: CallRequest<typeof ensureVolumeFor>, asking: Asking): Promise<VolumeFact> {
    return this.bus.calls.call(ensureVolumeFor, request, options(asking));
  }

  /** The volumes begin to go. */
  async releaseVolumes(volumeIds: string[], asking: Asking): Promise<void> {
    if (volumeIds.length > 0) await this.bus.calls.call(releaseVolumes, { volumeIds }, options(asking));
  }

  reserve(request: CallRequest<typeof reserveAttachment>, asking: Asking): Promise<AttachmentFact> {
    return this.bus.calls.call(reserveAttachment, request, options(asking));
  }

  async connect(request: CallRequest<typeof connectAttachments>, asking: Asking): Promise<AttachmentFact[]> {
    return (await this.bus.calls.call(connectAttachments, request, options(asking))).attachments;
  }

  async complete(attachmentIds: string[], asking: Asking): Promise<AttachmentFact[]> {
    return (await this.bus.calls.call(completeAttachments, { attachmentIds }, options(asking))).attachments;
  }

  beginDetach(attachmentId: string, isUndone: boolean, asking: Asking): Promise<AttachmentFact> {
    return this.bus.calls.call(beginDetach, { attachmentId, isUndone }, options(asking));
  }

  /** Answers what is still there: nobody can reach a volume through what is not. */
  async release(attachmentIds: string[], asking: Asking): Promise<AttachmentFact[]> {
    if (attachmentIds.length === 0) return [];
    return (await this.bus.calls.call(releaseAttachments, { attachmentIds }, options(asking))).attachments;
  }

  /** How far the writing of an image over an attached volume is, which this begins or takes on. */
  async reimage(request: CallRequest<typeof reimageAttachedVolume>, asking: Asking): Promise<CallReply<typeof reimageAttachedVolume>['state']> {
    return (await this.bus.calls.call(reimageAttachedVolume, request, options(asking))).state;
  }

  /** Servers that have attachments, by their ids, after a given one. */
  async listServers(afterServerId: string | null, limit: number, asking: Asking): Promise<{ serverId: string; attachmentIds: string[] }[]> {
    return (await this.bus.calls.call(listAttachedServers, { afterServerId, limit }, options(asking))).servers;
  }

  async ensureSnapshots(request: CallRequest<typeof ensureSnapshotsTogether>, asking: Asking): Promise<CallReply<typeof ensureSnapshotsTogether>['snapshots']> {
    return (await this.bus.calls.call(ensureSnapshotsTogether, request, options(asking))).snapshots;
  }
}

/** The caller's project and rights. */
export function askerOf(caller: Caller): Asker {
  return { projectId: caller.projectId ?? '', isAdmin: caller.roles.has('admin') };
}

function options({ signal, idempotencyKey }: Asking): { signal: AbortSignal; idempotencyKey: string } {
  return { signal, idempotencyKey: idempotencyKey ?? newId() };
}
