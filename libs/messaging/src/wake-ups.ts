import type { MessageBody, MessageContract } from '@virga/contract';
import type { Clock } from '@virga/kernel';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Broker } from './broker.js';
import { decode, requireBody, seal } from './envelope.js';
import type { Link } from './link.js';
import type { Publisher } from './publisher.js';
import { declarePrivate, exchanges } from './topology.js';

interface Listener {
  contract: MessageContract;
  woken: (body: unknown) => void;
  resumed: () => void;
}

/**
 * Hints to every process that listens: "look now". At most once, to those that are connected at the moment.
 *
 * A listener must also be right without them: it polls, or forgets what it has cached when `resumed` says that some hints
 * may have been missed.
 */
export class WakeUps {
  private readonly listeners = new Set<Listener>();
  private readonly link: Link;
  private channel: { channel: Channel; queue: string } | undefined;

  constructor(private readonly broker: Broker, private readonly publisher: Publisher, private readonly clock: Clock) {
    this.link = broker.link({
      name: 'wake-ups',
      open: (channel) => this.open(channel),
      lost: () => { this.channel = undefined; },
    });
  }

  /** Sends a hint, or does nothing where there is no broker. */
  send<Contract extends MessageContract>(contract: Contract, body: MessageBody<Contract>): void {
    this.publisher.send({ exchange: exchanges.wake, key: contract.type }, seal(contract, body, this.clock.now()));
  }

  /**
   * Calls `woken` with every hint from now on, this process's own included, and `resumed` whenever listening begins (again).
   * The answer ends it. Both return quickly and do not throw.
   */
  listen<Contract extends MessageContract>(
    contract: Contract, listener: { woken: (body: MessageBody<Contract>) => void; resumed?: () => void },
  ): () => void {
    const entry: Listener = {
      contract, resumed: listener.resumed ?? ((): void => undefined),
      woken: (body) => listener.woken(body as MessageBody<Contract>),
    };
    this.listeners.add(entry);
    if (this.channel !== undefined) void this.bind(this.channel, entry);
    return () => this.listeners.delete(entry);
  }

  /** Resolves when hints can arrive; for tests and for start-up that wants to be sure. */
  untilListening(signal: AbortSignal): Promise<void> {
    return this.link.untilOpen(signal);
  }

  private async open(channel: Channel): Promise<void> {
    const queue = await declarePrivate(channel, exchanges.wake, []);
    // From here on, who begins to listen binds for itself.
    this.channel = { channel, queue };
    const present = [...this.listeners];
    for (const type of new Set(present.map((listener) => listener.contract.type))) await channel.bindQueue(queue, exchanges.wake, type);
    await channel.consume(queue, (message) => message && this.arrived(message), { noAck: true });
    for (const listener of present) listener.resumed();
  }

  private async bind({ channel, queue }: { channel: Channel; queue: string }, listener: Listener): Promise<void> {
    // Where the channel is lost meanwhile, the next one binds it.
    const isBound = await channel.bindQueue(queue, exchanges.wake, listener.contract.type).then(() => true, () => false);
    if (isBound) listener.resumed();
  }

  /** A hint that cannot be read is worth a line in the log, never the channel. */
  private arrived(message: ConsumeMessage): void {
    try {
      const { type, version, body } = decode(message.content);
      for (const { contract, woken } of this.listeners) {
        if (contract.type !== type || contract.version !== version) continue;
        requireBody(contract, body);
        woken(body);
      }
    } catch (error) {
      this.broker.logger.error('messaging.wake-up-failed', { key: message.fields.routingKey, error });
    }
  }
}
