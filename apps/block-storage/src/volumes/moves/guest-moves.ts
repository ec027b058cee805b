import { Injectable } from '@nestjs/common';
import { moveDisk } from '@virga/contracts-compute';
import { newId, type AttachmentId, type ServerId } from '@virga/kernel';
import { ServiceBus } from '@virga/messaging';

/** What block storage asks the compute service. */
@Injectable()
export class GuestMoves {
  constructor(private readonly bus: ServiceBus) {}

  /** Throws `Conflict` and `NotFound` where the server's guest could not go on with another copy of the volume now. */
  async requirePossible(serverId: ServerId, attachmentId: AttachmentId, signal: AbortSignal): Promise<void> {
    await this.bus.calls.call(moveDisk, { serverId, attachmentId, nextAttachmentId: null }, { idempotencyKey: newId(), signal });
  }

  /** The server's guest begins to go on with the copy to which the next attachment leads. Throws as `requirePossible`; repeatable. */
  async begin({ serverId, attachmentId, nextAttachmentId }: { serverId: ServerId; attachmentId: AttachmentId; nextAttachmentId: string }, signal: AbortSignal): Promise<void> {
    await this.bus.calls.call(moveDisk, { serverId, attachmentId, nextAttachmentId }, { idempotencyKey: nextAttachmentId, signal });
  }
}
