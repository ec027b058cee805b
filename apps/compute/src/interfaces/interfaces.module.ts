import { Module, type OnModuleInit } from '@nestjs/common';
import { serverNicChanged } from '@virga/contracts-network';
import { on, ServiceBus } from '@virga/messaging';
import { InterfacesRepository } from './interfaces.repository.js';
import { NicEvents } from './nic-events.js';

@Module({ providers: [InterfacesRepository, NicEvents], exports: [InterfacesRepository] })
export class InterfacesModule implements OnModuleInit {
  constructor(private readonly bus: ServiceBus, private readonly events: NicEvents) {}

  onModuleInit(): void {
    this.bus.onEvents([on(serverNicChanged, (body) => this.events.changed(body))]);
  }
}
