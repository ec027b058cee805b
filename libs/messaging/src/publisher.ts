import type { ConfirmChannel, Options } from 'amqplib';
import { BrokerUnavailable, type Broker } from './broker.js';
import { encode, type Envelope } from './envelope.js';
import type { Link } from './link.js';
import { deliverOnce, type MessageTap } from './tap.js';

/** Where a message goes: an exchange with a routing key, or directly into a queue (exchange ''). */
export interface Route {
  exchange: string;
  key: string;
}

/** `unroutable`: no queue takes such a message, reported only for mandatory ones; `lost`: a test's tap took it. */
export type Published = 'taken' | 'unroutable' | 'lost';

/** Hands messages to the broker; what must arrive is confirmed. */
export class Publisher {
  private readonly link: Link;
  private readonly unroutable = new Set<string>();
  private readonly pending = new Set<(error: Error) => void>();

  constructor(private readonly broker: Broker, private readonly tap: MessageTap = deliverOnce) {
    this.link = broker.link({
      name: 'publisher',
      open: async (channel) => {
        channel.on('return', (message) => this.unroutable.add(message.properties.messageId as string));
      },
      lost: () => this.failPending(),
    });
  }

  get isReady(): boolean {
    return this.broker.isConnected && this.link.channel !== undefined;
  }

  /** Calls `tell` whenever publishing becomes possible; the answer ends that. */
  whenReady(tell: () => void): () => void {
    return this.link.whenOpen(tell);
  }

  /** Resolves when messages can be published, or when the signal aborts. */
  untilReady(signal: AbortSignal): Promise<void> {
    return this.link.untilOpen(signal);
  }

  /** Publishes and waits for the broker's word that it will not lose the message; throws `BrokerUnavailable`. */
  async publish(route: Route, envelope: Envelope, options: Options.Publish = {}): Promise<Published> {
    const channel = this.requireChannel();
    const copies = this.tap(envelope);
    const content = encode(envelope);
    const sent = Array.from({ length: copies }, () => this.confirmed(channel, route, content, properties(envelope, { persistent: true, ...options })));
    await Promise.all(sent);
    if (copies === 0) return 'lost';
    return this.unroutable.delete(envelope.id) ? 'unroutable' : 'taken';
  }

  /** Publishes without asking what becomes of it; answers false where there is no broker. */
  send(route: Route, envelope: Envelope, options: Options.Publish = {}, copies = this.tap(envelope)): boolean {
    const channel = this.broker.isConnected ? this.link.channel : undefined;
    if (channel === undefined) return false;
    const content = encode(envelope);
    for (let copy = 0; copy < copies; copy++) channel.publish(route.exchange, route.key, content, properties(envelope, options));
    return true;
  }

  private requireChannel(): ConfirmChannel {
    const channel = this.broker.isConnected ? this.link.channel : undefined;
    if (channel === undefined) throw new BrokerUnavailable({ cause: this.broker.reason });
    return channel;
  }

  private confirmed(channel: ConfirmChannel, { exchange, key }: Route, content: Buffer, options: Options.Publish): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error: unknown): void => {
        this.pending.delete(settle);
        if (error) reject(new BrokerUnavailable({ cause: error }));
        else resolve();
      };
      this.pending.add(settle);
      channel.publish(exchange, key, content, options, settle);
    });
  }

  /** A channel that dies with its connection may never call back. */
  private failPending(): void {
    for (const fail of this.pending) fail(new Error('The channel was lost before the broker confirmed.'));
    this.unroutable.clear();
  }
}

function properties(envelope: Envelope, options: Options.Publish): Options.Publish {
  return { contentType: 'application/json', messageId: envelope.id, type: envelope.type, ...options };
}
