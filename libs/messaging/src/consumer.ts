import { setTimeout as delay } from 'node:timers/promises';
import { Fault, Unavailable, milliseconds, seconds, withRequestId, type Duration } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import type { Channel, ConsumeMessage } from 'amqplib';
import { decode, type Envelope } from './envelope.js';
import { Sequencer } from './sequencer.js';

/** One message as it arrived. */
export interface Arrival {
  readonly envelope: Envelope;
  readonly routingKey: string;
  /** How often it was delivered before; 0 at first. */
  readonly redeliveries: number;
  readonly message: ConsumeMessage;
  /** Aborts when the consumer stops or loses its channel: whatever is done now will be done again elsewhere. */
  readonly signal: AbortSignal;
}

export interface ConsumerOptions {
  name: string;
  logger: Logger;
  handle: (arrival: Arrival) => Promise<void>;
  /** How many messages are worked on at once. Too low: slow ones hold up the rest. Too high: replicas share the work unevenly. */
  concurrency: number;
  /** Messages with the same answer are handled one after the other, in the order of arrival. */
  inOrderOf?: (arrival: Arrival) => string | undefined;
}

/** Before a failed message is given back, doubling with jitter: a broken database must not use up the delivery limit in an instant. */
const FIRST_PAUSE: Duration = milliseconds(200);
const LONGEST_PAUSE: Duration = seconds(30);

/**
 * Takes messages from one queue and acknowledges each after it was handled.
 *
 * A failure that may pass (`Unavailable`, or anything unknown) gives the message back after a pause, up to the queue's
 * delivery limit; one that will not (any other fault, a body that its contract refuses) sends it to the dead letters at once.
 */
export class Consumer {
  private channel: Channel | undefined;
  private tag: string | undefined;
  private stopping = new AbortController();
  private readonly working = new Set<Promise<void>>();
  private sequencer = new Sequencer();

  constructor(private readonly options: ConsumerOptions) {}

  /** Begins to consume on a fresh channel; for a link's `open`. */
  async consume(channel: Channel, queue: string): Promise<void> {
    this.stopping = new AbortController();
    this.sequencer = new Sequencer();
    this.channel = channel;
    await channel.prefetch(this.options.concurrency);
    const { consumerTag } = await channel.consume(queue, (message) => this.arrived(channel, message));
    this.tag = consumerTag;
  }

  /** The channel is gone, and with it every right to acknowledge; for a link's `lost`. */
  lost(): void {
    this.channel = undefined;
    this.stopping.abort();
  }

  /** Takes no more messages and waits for those being handled, at most as long as the signal allows. */
  async stop(signal: AbortSignal): Promise<void> {
    const { channel, tag } = this;
    if (channel !== undefined && tag !== undefined) await channel.cancel(tag).catch(() => undefined);
    const abort = (): void => this.stopping.abort();
    signal.addEventListener('abort', abort);
    await Promise.all(this.working);
    signal.removeEventListener('abort', abort);
  }

  private arrived(channel: Channel, message: ConsumeMessage | null): void {
    if (message === null) {
      this.options.logger.error('messaging.consumer-cancelled', { consumer: this.options.name });
      channel.close().catch(() => undefined);
      return;
    }
    const work = this.work(channel, message, this.stopping.signal).finally(() => this.working.delete(work));
    this.working.add(work);
  }

  private async work(channel: Channel, message: ConsumeMessage, signal: AbortSignal): Promise<void> {
    const redeliveries = redeliveriesOf(message);
    let envelope: Envelope | undefined;
    try {
      const opened = decode(message.content);
      envelope = opened;
      const arrival = { envelope: opened, routingKey: message.fields.routingKey, redeliveries, message, signal };
      await this.sequencer.run(this.options.inOrderOf?.(arrival), () => withRequestId(opened.requestId, () => this.options.handle(arrival)));
      this.settle(channel, () => channel.ack(message));
    } catch (error) {
      await this.failed(channel, message, { error, envelope, redeliveries, signal });
    }
  }

  private async failed(
    channel: Channel, message: ConsumeMessage, about: { error: unknown; envelope: Envelope | undefined; redeliveries: number; signal: AbortSignal },
  ): Promise<void> {
    if (about.signal.aborted && this.channel !== channel) return;
    const { error, envelope, redeliveries } = about;
    const fields = { consumer: this.options.name, type: envelope?.type, message: envelope?.id, requestId: envelope?.requestId, redeliveries, error };
    if (isFinal(error)) {
      this.options.logger.error('messaging.dead-letter', fields);
      this.settle(channel, () => channel.nack(message, false, false));
      return;
    }
    this.options.logger.warn('messaging.will-redeliver', fields);
    await pause(redeliveries, about.signal);
    this.settle(channel, () => channel.nack(message, false, true));
  }

  /** Words to a lost channel are pointless: the broker delivers the message again by itself. */
  private settle(channel: Channel, tell: () => void): void {
    if (this.channel === channel) tell();
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof Fault && !(error instanceof Unavailable) && error.kind !== 'bug';
}

function redeliveriesOf(message: ConsumeMessage): number {
  const counted: unknown = message.properties.headers?.['x-delivery-count'];
  if (typeof counted === 'number') return counted;
  return message.fields.redelivered ? 1 : 0;
}

/** Ends early, without complaint, when the signal aborts. */
async function pause(redeliveries: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** redeliveries);
  await delay(longest * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);
}
