import { schemaAt, validatorFor, type CallContract, type CallReply, type CallRequest, type MessageContract } from '@virga/contract';
import { newId, newRequestId, Unavailable } from '@virga/kernel';
import { CallTimedOut, exchanges, type Answerer, type Handler, type MessageTap, type ReportDelivery } from '@virga/messaging';
import type { Database } from '@virga/persistence';
import type { SimulatedSurroundings } from './simulated-surroundings.js';

interface OutboxRow {
  id: number;
  exchange: string;
  routing_key: string;
  type: string;
  envelope: { body: Record<string, unknown> };
}

/**
 * What `ServiceBus` is to the service, between it and its simulated surroundings in the same process: nothing is carried unless
 * `deliver` is called, so that a test knows when nothing is on its way. Calls are answered at once. Every message passes the tap.
 */
export class InProcessBus {
  private readonly reportHandlers = new Map<string, Handler<ReportDelivery>>();
  private readonly answerers = new Map<string, Answerer>();

  constructor(private readonly surroundings: SimulatedSurroundings, private readonly tap: MessageTap = () => 1) {}

  readonly calls = {
    call: async <Contract extends CallContract>(contract: Contract, request: CallRequest<Contract>): Promise<CallReply<Contract>> => {
      if (this.copies(contract) === 0) throw new CallTimedOut(contract.type);
      const reply = structuredClone(await this.surroundings.answer(contract, request)) as CallReply<Contract>;
      // Its effect is there, but nobody learns of it.
      if (this.copies(contract) === 0) throw new CallTimedOut(contract.type);
      return reply;
    },
  };

  onReports(_agent: string, handlers: readonly Handler<ReportDelivery>[]): void {
    for (const handler of handlers) this.reportHandlers.set(handler.contract.type, handler);
  }

  onEvents(): void {}

  answer(answerers: readonly Answerer[]): void {
    for (const answerer of answerers) this.answerers.set(answerer.contract.type, answerer);
  }

  /** Asks the service what another service would ask. */
  async ask<Contract extends CallContract>(contract: Contract, request: CallRequest<Contract>): Promise<CallReply<Contract>> {
    const answerer = this.answerers.get(contract.type);
    if (answerer === undefined) throw new Error(`The service does not answer ${contract.type}.`);
    const question = { requestId: newRequestId(), idempotencyKey: newId(), signal: new AbortController().signal };
    const reply = structuredClone(await answerer.run(request, question)) as CallReply<Contract>;
    // As the broker's other side would.
    const [violation] = validatorFor(schemaAt(contract.reply, 0), 'body')(reply);
    if (violation !== undefined) throw new Error(`The reply to ${contract.type} is not what its contract says at ${violation.path.join('.')}: ${violation.problem}`);
    return reply;
  }

  /** Carries what is on its way in both directions; answers whether there was anything. */
  async deliver(db: Database): Promise<boolean> {
    const sent = await this.deliverOutbox(db);
    const reported = await this.deliverReports();
    const hasComputed = await this.surroundings.compute.work();
    return hasComputed || sent + reported > 0;
  }

  private async deliverOutbox(db: Database): Promise<number> {
    const rows = await db.sql<OutboxRow>`DELETE FROM outbox RETURNING id, exchange, routing_key, type, envelope`;
    for (const { exchange, routing_key, type, envelope } of rows.sort((a, b) => a.id - b.id)) {
      const host = /^host\.(.+)\.storage-agent$/.exec(routing_key)?.[1];
      await this.times({ type, version: 1 }, async () => {
        if (exchange === exchanges.events) this.surroundings.events.push({ type, body: envelope.body });
        else if (exchange === '' && host !== undefined) await this.surroundings.obey(host, type, envelope.body);
        else throw new Unavailable('test.outbox', `Nobody takes ${type} for ${routing_key}.`);
      });
    }
    return rows.length;
  }

  /** A report leaves its queue when it has been handled: one whose handler died is there for the next process. */
  private async deliverReports(): Promise<number> {
    let count = 0;
    for (const { name: host, reports } of this.surroundings.hosts.values()) {
      for (let report = reports[0]; report !== undefined; report = reports[0], count++) {
        const held = report;
        await this.times(held.contract, async () => this.reportHandlers.get(held.contract.type)?.run(held.body, { ...delivery(), host, sequence: held.sequence }));
        reports.splice(reports.indexOf(held), 1);
      }
    }
    return count;
  }

  private async times(message: Pick<MessageContract, 'type' | 'version'>, work: () => Promise<unknown>): Promise<void> {
    for (let copies = this.copies(message); copies > 0; copies--) await work();
  }

  private copies({ type, version }: { type: string; version: number }): number {
    return this.tap({ id: newId(), type, version });
  }
}

function delivery(): Omit<ReportDelivery, 'host' | 'sequence'> {
  return { id: newId(), requestId: newRequestId(), earlierTries: 0, occurredAt: '2025-01-01T00:00:00Z', signal: new AbortController().signal };
}
