import type { CallContract, CallReply, CallRequest, MessageContract } from '@virga/contract';
import { serverNicChanged } from '@virga/contracts-network';
import { newId, newRequestId, Unavailable } from '@virga/kernel';
import { CallTimedOut, type Answerer, type CallOptions, type Handler, type MessageTap, type ReportDelivery } from '@virga/messaging';
import type { Database } from '@virga/persistence';
import type { SimulatedCloud } from './simulated-cloud.js';

interface OutboxRow {
  id: number;
  exchange: string;
  routing_key: string;
  type: string;
  envelope: { body: unknown };
}

/**
 * What `ServiceBus` is to the service, between it and the simulated cloud in the same process: nothing is carried unless
 * `deliver` is called, so that a test knows when nothing is on its way. Calls are answered at once. Every message passes the tap.
 */
export class InProcessBus {
  private readonly reportHandlers = new Map<string, Handler<ReportDelivery>>();
  private readonly answerers = new Map<string, Answerer>();
  private readonly eventHandlers = new Map<string, Handler>();

  constructor(private readonly cloud: SimulatedCloud, private readonly tap: MessageTap = () => 1) {}

  readonly calls = {
    call: async <Contract extends CallContract>(contract: Contract, request: CallRequest<Contract>, { to }: CallOptions): Promise<CallReply<Contract>> => {
      if (this.copies(contract) === 0) throw new CallTimedOut(contract.type);
      const reply = structuredClone(await this.cloud.answer(contract, request, to?.host)) as CallReply<Contract>;
      // Its effect is there, but nobody learns of it.
      if (this.copies(contract) === 0) throw new CallTimedOut(contract.type);
      return reply;
    },
  };

  onReports(_agent: string, handlers: readonly Handler<ReportDelivery>[]): void {
    for (const handler of handlers) this.reportHandlers.set(handler.contract.type, handler);
  }

  onEvents(handlers: readonly Handler[]): void {
    for (const handler of handlers) this.eventHandlers.set(handler.contract.type, handler);
  }

  answer(answerers: readonly Answerer[]): void {
    for (const answerer of answerers) this.answerers.set(answerer.contract.type, answerer);
  }

  /** Asks the service what another service would ask. */
  async ask<Contract extends CallContract>(contract: Contract, request: CallRequest<Contract>): Promise<CallReply<Contract>> {
    const answerer = this.answerers.get(contract.type);
    if (answerer === undefined) throw new Error(`The service does not answer ${contract.type}.`);
    const question = { requestId: newRequestId(), idempotencyKey: newId(), signal: new AbortController().signal };
    return structuredClone(await answerer.run(request, question)) as CallReply<Contract>;
  }

  /** Carries what is on its way in both directions; answers whether there was anything. */
  async deliver(db: Database): Promise<boolean> {
    const sent = await this.deliverCommands(db);
    const reported = await this.deliverReports();
    const events = await this.drain(this.cloud.network.events, serverNicChanged, (body) => this.eventHandlers.get(serverNicChanged.type)?.run(body, delivery()));
    const hasWorked = this.cloud.storage.work();
    const hasNews = this.cloud.storage.events.length > 0;
    await this.tellOfVolumes();
    return hasWorked || hasNews || sent + reported + events > 0;
  }

  /** Carries what block storage has to tell, and nothing else. */
  async tellOfVolumes(): Promise<void> {
    await this.drain(this.cloud.storage.events, undefined, ({ contract, body }) => this.eventHandlers.get(contract.type)?.run(body, delivery()));
  }

  private async deliverCommands(db: Database): Promise<number> {
    const rows = await db.sql<OutboxRow>`DELETE FROM outbox RETURNING id, exchange, routing_key, type, envelope`;
    for (const { exchange, routing_key, type, envelope } of rows.sort((a, b) => a.id - b.id)) {
      const host = /^host\.(.+)\.compute-agent$/.exec(routing_key)?.[1];
      if (exchange !== '' || host === undefined) throw new Unavailable('test.outbox', `Nobody takes ${type} for ${routing_key}.`);
      await this.times({ type, version: 1 }, () => this.cloud.obey(host, type, envelope.body));
    }
    return rows.length;
  }

  private async deliverReports(): Promise<number> {
    let count = 0;
    for (const { name: host, reports } of this.cloud.hosts.values()) {
      count += await this.drain(reports, undefined, ({ contract, body, sequence }) =>
        this.reportHandlers.get(contract.type)?.run(body, { ...delivery(), host, sequence }));
    }
    return count;
  }

  /** A message leaves its queue when it has been handled: one whose handler died is there for the next process. */
  private async drain<Message>(queue: Message[], contract: MessageContract | undefined, handle: (message: Message) => Promise<void> | undefined): Promise<number> {
    let count = 0;
    for (let message = queue[0]; message !== undefined; message = queue[0], count++) {
      const held = message;
      await this.times(contract ?? (message as { contract: MessageContract }).contract, () => handle(held));
      queue.splice(queue.indexOf(held), 1);
    }
    return count;
  }

  private async times(message: { type: string; version: number }, work: () => Promise<void> | undefined | void): Promise<void> {
    for (let copies = this.copies(message); copies > 0; copies--) await work();
  }

  private copies({ type, version }: { type: string; version: number }): number {
    return this.tap({ id: newId(), type, version });
  }
}

function delivery(): Omit<ReportDelivery, 'host' | 'sequence'> {
  return { id: newId(), requestId: newRequestId(), earlierTries: 0, occurredAt: '2025-01-01T00:00:00Z', signal: new AbortController().signal };
}
