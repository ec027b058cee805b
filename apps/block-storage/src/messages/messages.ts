import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, currentRequestId, days, newId, newRequestId, type Clock, type Duration, type PublicFault } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { eventId, messageText, RESOURCES, type MessageAction, type MessageDetail, type MessageResource } from './message-codes.js';
import { MessagesRepository } from './messages.repository.js';

/**
 * For how long a message is kept (Cinder's `message_ttl`).
 *
 * Too short: it is gone before somebody looks. Too long: the table is full of what nobody looks at any more.
 */
export const MESSAGE_LIFETIME: Duration = days(30);

/** Something that failed after its request had been accepted. */
export interface Failure {
  projectId: string;
  resource: { kind: MessageResource; id: string };
  action: MessageAction;
  detail: MessageDetail;
  /** Its words tell more than the detail's; they are its owner's to read. */
  cause?: Pick<PublicFault, 'message'> | undefined;
  /** The request that it all began with; the present one's where it is left out. */
  requestId?: string | undefined;
}

/** Tells a project's users why something failed that they are not waiting for any more: `await messages.record(tx, failure)`. */
@Injectable()
export class Messages {
  constructor(private readonly messages: MessagesRepository, @Inject(CLOCK) private readonly clock: Clock) {}

  /** In the transaction that makes the resource fail, so that there is a message if and only if there is a failure. */
  async record(tx: Tx, { projectId, resource, action, detail, cause, requestId }: Failure): Promise<void> {
    await this.messages.insert(tx, {
      id: newId(), projectId, requestId: requestId ?? currentRequestId() ?? newRequestId(), resourceType: RESOURCES[resource.kind], resourceId: resource.id,
      eventId: eventId(resource.kind, action, detail), text: messageText(action, detail, cause?.message), expiresAt: new Date(this.clock.now() + MESSAGE_LIFETIME),
    });
  }
}
