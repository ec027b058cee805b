import { Injectable } from '@nestjs/common';
import { consoleOutput, showConsoleOutput } from '@virga/contracts-compute';
import { Conflict, newId, type Caller } from '@virga/kernel';
import { ServiceBus } from '@virga/messaging';
import { COMPUTE_AGENT } from '../hosts/index.js';
import { ServerAccess } from './server-access.js';

/** The most of a console that is fetched (Nova's `MAX_CONSOLE_BYTES`). Too low: long boots lose their beginning. Too high: answers weigh on the bus. */
const MOST_BYTES = 100 * 1024;

/** Reads what guests wrote to their serial console, from the hosts that they are on. */
@Injectable()
export class ServerConsole {
  constructor(private readonly bus: ServiceBus, private readonly access: ServerAccess) {}

  /** The last `lines` lines; undefined or negative means all that is kept. */
  async output(caller: Caller, id: string, lines: number | undefined, signal: AbortSignal): Promise<string> {
    const server = await this.access.require(caller, showConsoleOutput.policy, id);
    if (server.host === null) throw new Conflict('compute.server.not-ready', `Instance ${server.id} is not ready`);
    const request = { id: server.id, maxBytes: MOST_BYTES };
    const { output } = await this.bus.calls.call(consoleOutput, request, { to: { host: server.host, agent: COMPUTE_AGENT }, idempotencyKey: newId(), signal });
    return lastLines(output, lines);
  }
}

/** The end of a text, of a text that ends in a line break its last whole lines. */
export function lastLines(text: string, count: number | undefined): string {
  if (count === undefined || count < 0) return text;
  if (count === 0) return '';
  return text.split(/(?<=\n)/).slice(-count).join('');
}
