import type { MessageBody, MessageContract } from '@virga/contract';
import { Loop, currentRequestId, seconds, type Clock } from '@virga/kernel';
import type { Broker } from './broker.js';
import { seal, type Envelope } from './envelope.js';
import type { Publisher } from './publisher.js';
import { exchanges, reportKey, type AgentAddress } from './topology.js';

/**
 * Tells the service what an agent sees.
 *
 * Theory of operation. A report is the newest fact about one thing, so only the newest is kept until the broker has
 * confirmed it: a long outage costs one report per thing, not a backlog. Sequence numbers rise across restarts, because
 * they start from the clock. What an agent had not sent when it died is seen again at its start, when it reports everything.
 */
export class Reporter {
  private readonly unsent = new Map<string, Envelope>();
  private readonly loop: Loop;
  private readonly forget: () => void;
  private lastSequence = 0;

  constructor(broker: Broker, private readonly publisher: Publisher, private readonly from: AgentAddress, private readonly clock: Clock) {
    this.loop = new Loop({
      rest: seconds(5), turn: () => this.sendAll(),
      failed: (error) => broker.logger.warn('messaging.report-unsent', { error, unsent: this.unsent.size }),
    });
    this.forget = publisher.whenReady(() => this.loop.wake());
    this.loop.start();
  }

  /**
   * A sequence number for what is looked at from now on, to be given to `report`: whatever is reported meanwhile is newer than a look
   * that takes its time.
   */
  mark(): number {
    this.lastSequence = Math.max(this.lastSequence + 1, this.clock.now() * 1_000);
    return this.lastSequence;
  }

  /** Reports a fact about `about` (an id), replacing an unsent older one of the same type. Returns at once. */
  report<Contract extends MessageContract>(contract: Contract, about: string, body: MessageBody<Contract>, sequence = this.mark()): void {
    const requestId = currentRequestId();
    const envelope = seal(contract, body, this.clock.now(), { sequence, ...(requestId !== undefined && { requestId }) });
    const key = `${contract.type}/${contract.version}/${about}`;
    if ((this.unsent.get(key)?.sequence ?? 0) > sequence) return;
    // Deleted first, so that reports leave in the order of their facts.
    this.unsent.delete(key);
    this.unsent.set(key, envelope);
    this.loop.wake();
  }

  /** Sends what can be sent now, and stops. */
  async close(): Promise<void> {
    this.forget();
    await this.loop.stop();
    await this.sendAll().catch(() => undefined);
  }

  private async sendAll(): Promise<void> {
    if (!this.publisher.isReady) return;
    await Promise.all([...this.unsent].map(async ([key, envelope]) => {
      await this.publisher.publish({ exchange: exchanges.reports, key: reportKey(this.from) }, envelope);
      if (this.unsent.get(key) === envelope) this.unsent.delete(key);
    }));
  }
}
