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
  /** How often it was tried before, as far as is known; 0 at first. */
  readonly earlierTries: number;
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

/**
 * How often a message is tried before it is a dead letter.
 *
 * Too low: a restart of the database in the middle of a burst turns healthy messages into dead letters. Too high: a
 * hopeless message keeps a place of the consumer's `concurrency` busy for long. With the pauses below, ten tries take
 * about a minute and a half.
 */
export const MOST_TRIES = 10;

/** Between tries, doubling with jitter: a broken database must not use them up in an instant. */
const FIRST_PAUSE: Duration = milliseconds(200);
const LONGEST_PAUSE: Duration = seconds(30);

/**
 * Takes messages from one queue and acknowledges each after it was handled.
 *
 * Theory of operation. A failure that may pass (`Unavailable`, or anything unknown) is tried again here, after a pause and
 * up to a limit, while the message stays unacknowledged; one that will not pass (any other fault, a body that its contract
 * refuses) makes it a dead letter at once. If the process or its connection dies, the broker delivers the message again,
 * to another consumer of the queue or to the next one. A message that waits for its next try lets later ones pass, those
 * with the same key included: what is newer carries a higher generation.
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
    let envelope: Envelope | undefined;
    for (let tries = earlierTries(message); ; tries++) {
      try {
        envelope ??= decode(message.content);
        await this.handle({ envelope, routingKey: message.fields.routingKey, earlierTries: tries, message, signal });
        return this.settle(channel, () => channel.ack(message));
      } catch (error) {
        if (this.isGivenUp(error, tries, envelope)) return this.settle(channel, () => channel.nack(message, false, false));
      }
      await pause(tries, signal);
      if (signal.aborted) return this.settle(channel, () => channel.nack(message, false, true));
    }
  }

  private handle(arrival: Arrival): Promise<void> {
    const key = this.options.inOrderOf?.(arrival);
    return this.sequencer.run(key, () => withRequestId(arrival.envelope.requestId, () => this.options.handle(arrival)));
  }

  private isGivenUp(error: unknown, tries: number, envelope: Envelope | undefined): boolean {
    const isGivenUp = isFinal(error) || tries + 1 >= MOST_TRIES;
    const fields = { consumer: this.options.name, type: envelope?.type, message: envelope?.id, requestId: envelope?.requestId, tries: tries + 1, error };
    if (isGivenUp) this.options.logger.error('messaging.dead-letter', fields);
    else this.options.logger.warn('messaging.will-try-again', fields);
    return isGivenUp;
  }

  /** Words to a lost channel are pointless: the broker delivers the message again by itself. */
  private settle(channel: Channel, tell: () => void): void {
    if (this.channel === channel) tell();
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof Fault && !(error instanceof Unavailable) && error.kind !== 'bug';
}

function earlierTries(message: ConsumeMessage): number {
  const counted: unknown = message.properties.headers?.['x-delivery-count'];
  if (typeof counted === 'number') return counted;
  return message.fields.redelivered ? 1 : 0;
}

/** Ends early, without complaint, when the signal aborts. */
async function pause(tries: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries);
  await delay(longest * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);
}
