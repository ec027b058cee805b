import { Injectable } from '@nestjs/common';
import type { CallReply, CallRequest } from '@virga/contract';
import { describePorts, ensurePorts, listServerPorts, releasePorts, resolveNics, type ServerNic } from '@virga/contracts-network';
import { newId } from '@virga/kernel';
import { ServiceBus } from '@virga/messaging';

interface Asking {
  signal: AbortSignal;
  /** The same key asks the same question again; questions that change nothing need none. */
  idempotencyKey?: string;
}

/** What compute asks the network service; each answer is true when it arrives, and every request may be repeated. */
@Injectable()
export class NetworkCalls {
  constructor(private readonly bus: ServiceBus) {}

  resolve(request: CallRequest<typeof resolveNics>, asking: Asking): Promise<CallReply<typeof resolveNics>> {
    return this.bus.calls.call(resolveNics, request, options(asking));
  }

  async ensurePorts(request: CallRequest<typeof ensurePorts>, asking: Asking): Promise<ServerNic[]> {
    return (await this.bus.calls.call(ensurePorts, request, options(asking))).nics;
  }

  async releasePorts(request: CallRequest<typeof releasePorts>, asking: Asking): Promise<string[]> {
    return (await this.bus.calls.call(releasePorts, request, options(asking))).released;
  }

  async describePorts(serverIds: string[], signal: AbortSignal): Promise<ServerNic[]> {
    return (await this.bus.calls.call(describePorts, { serverIds }, options({ signal }))).nics;
  }

  /** Ids of servers that have ports, in their order, after a given one. */
  async listServers(afterServerId: string | null, limit: number, signal: AbortSignal): Promise<string[]> {
    return (await this.bus.calls.call(listServerPorts, { afterServerId, limit }, options({ signal }))).serverIds;
  }
}

function options({ signal, idempotencyKey }: Asking): { signal: AbortSignal; idempotencyKey: string } {
  return { signal, idempotencyKey: idempotencyKey ?? newId() };
}
