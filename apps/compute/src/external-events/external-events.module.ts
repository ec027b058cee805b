import { Module } from '@nestjs/common';
import { InterfacesModule } from '../interfaces/index.js';
import { NetworkModule } from '../network/index.js';
import { ExternalEventsController } from './external-events.controller.js';
import { ExternalEventsRepository } from './external-events.repository.js';
import { ExternalEventsService } from './external-events.service.js';

@Module({ imports: [InterfacesModule, NetworkModule], controllers: [ExternalEventsController], providers: [ExternalEventsRepository, ExternalEventsService] })
export class ExternalEventsModule {}
