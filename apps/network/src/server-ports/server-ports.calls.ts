import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { describePorts, ensurePorts, listServerPorts, releasePorts, resolveNics } from '@virga/contracts-network';
import { ServiceBus, answer, type Answerer } from '@virga/messaging';
import { NicResolution } from './nic-resolution.js';
import { ServerPortsService } from './server-ports.service.js';

/** Answers the calls that compute makes. */
@Injectable()
export class ServerPortsCalls implements OnModuleInit {
  constructor(private readonly ports: ServerPortsService, private readonly resolution: NicResolution, @Inject(ServiceBus) private readonly bus: ServiceBus) {}

  onModuleInit(): void {
    this.bus.answer(this.answerers());
  }

  answerers(): Answerer[] {
    return [
      answer(resolveNics, (request) => this.resolution.resolve(request)),
      answer(ensurePorts, (request, { signal }) => this.ports.ensure(request, signal)),
      answer(releasePorts, (request) => this.ports.release(request)),
      answer(describePorts, (request) => this.ports.describe(request)),
      answer(listServerPorts, (request) => this.ports.list(request)),
    ];
  }
}
