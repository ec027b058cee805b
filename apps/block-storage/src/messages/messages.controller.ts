import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import { userMessages } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import type { Caller } from '@virga/kernel';
import { bareTime, linksTo, nextLinks } from '../wire/index.js';
import type { Message } from './message.js';
import { MessagesService } from './messages.service.js';

@Controller()
export class MessagesController {
  constructor(private readonly messages: MessagesService) {}

  @Endpoint(userMessages.listMessages)
  async list({ caller, query, request, version }: InputOf<typeof userMessages.listMessages>) {
    const { found, page } = await this.messages.list(caller, query, version);
    const links = nextLinks('messages_links', request, caller, { isFull: found.length === page.limit, last: found.at(-1)?.id });
    return { messages: found.map((message) => messageView(message, request, caller)), ...links };
  }

  @Endpoint(userMessages.showMessage)
  async show({ caller, params, request }: InputOf<typeof userMessages.showMessage>) {
    return { message: messageView(await this.messages.get(caller, params['message_id'] as string), request, caller) };
  }

  @Endpoint(userMessages.deleteMessage)
  async delete({ caller, params }: InputOf<typeof userMessages.deleteMessage>) {
    await this.messages.delete(caller, params['message_id'] as string);
  }
}

function messageView(message: Message, request: RequestFacts, caller: Caller) {
  return {
    id: message.id, event_id: message.eventId, user_message: message.text, message_level: message.level, created_at: bareTime(message.createdAt),
    guaranteed_until: bareTime(message.expiresAt), request_id: message.requestId, links: linksTo('messages', message.id, request, caller),
    resource_type: message.resourceType, ...(message.resourceId !== null && { resource_uuid: message.resourceId }),
  };
}
