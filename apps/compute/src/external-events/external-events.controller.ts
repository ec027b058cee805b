import { Controller } from '@nestjs/common';
import { reply, type InputOf } from '@virga/contract';
import { externalEvents } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ExternalEventsService } from './external-events.service.js';

@Controller()
export class ExternalEventsController {
  constructor(private readonly events: ExternalEventsService) {}

  @Endpoint(externalEvents.createExternalEvents)
  async create({ caller, body, request }: InputOf<typeof externalEvents.createExternalEvents>) {
    const events = await this.events.take(caller, body.events, request);
    return reply({ events }, { status: events.every(({ code }) => code === 200) ? 200 : 207 });
  }
}
