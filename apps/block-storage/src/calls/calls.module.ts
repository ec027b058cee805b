import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { ServiceBus } from '@virga/messaging';
import { CallAnswers } from './call-answers.js';

/** Registers what all slices answer with the bus at once: a service has one queue of calls. */
@Module({ imports: [DiscoveryModule] })
export class CallsModule implements OnModuleInit {
  constructor(@Inject(DiscoveryService) private readonly discovery: DiscoveryService, @Inject(ServiceBus) private readonly bus: ServiceBus) {}

  onModuleInit(): void {
    const instances = new Set<unknown>(this.discovery.getProviders().map((provider) => provider.instance as unknown));
    this.bus.answer([...instances].flatMap((instance) => (instance instanceof CallAnswers ? instance.answerers() : [])));
  }
}
