import { Unavailable, milliseconds, seconds, type Duration } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import { connect, type Channel, type ChannelModel, type RecoveringChannelModel } from 'amqplib';
import { Link, type LinkOptions } from './link.js';

/** RabbitMQ cannot be reached: what must not be lost waits in the outbox, everything else may be tried again. */
export class BrokerUnavailable extends Unavailable {
  constructor(options: { cause?: unknown } = {}) {
    super('messaging.unavailable', 'The message broker cannot be reached right now.', options);
  }
}

export interface BrokerOptions {
  /** `amqp://user:password@host:port/vhost`; never logged. */
  url: string;
  /** How operators recognise this connection: `compute 4711`. */
  name: string;
  logger: Logger;
  /** Declares what the links rely on, before they open. */
  prepare?: (channel: Channel) => Promise<void>;
}

/**
 * How long a silent connection is believed in.
 *
 * Too low: a paused process loses its connection and everything unacknowledged is delivered again. Too high: after a
 * cable is cut, calls run into their deadlines for that long before the process connects elsewhere.
 */
const HEARTBEAT_SECONDS = 15;

/** Between attempts to connect, doubling with jitter. Too low: hundreds of agents trample a broker that starts. Too high: everything polls for that long after it is back. */
const FIRST_PAUSE: Duration = milliseconds(100);
const LONGEST_PAUSE: Duration = seconds(5);
const CONNECT_TIMEOUT: Duration = seconds(10);

/**
 * The process's one connection to RabbitMQ.
 *
 * Theory of operation. `start` never fails: without a broker the process works on, and connects when it can, for ever.
 * Everything that uses channels does so through links, which are made anew after every connection, consumers and private
 * queues included. What was unacknowledged when a connection was lost is delivered again by the broker; what was
 * unconfirmed is published again by the outbox.
 */
export class Broker {
  private connection: RecoveringChannelModel | undefined;
  /** The present connection, ready or not; `model` is it once it is ready. */
  private latest: ChannelModel | undefined;
  private model: ChannelModel | undefined;
  private isBlocked = false;
  private lastFailure: unknown;
  private readonly links = new Set<Link>();
  private readonly onChange = new Set<(isConnected: boolean) => void>();

  constructor(private readonly options: BrokerOptions) {}

  /** Whether messages can be published now: connected, and not held back by a broker that is out of memory or disk. */
  get isConnected(): boolean {
    return this.model !== undefined && !this.isBlocked;
  }

  /** Why there is no connection, for health reports and logs. */
  get reason(): unknown {
    return this.isConnected ? undefined : this.lastFailure;
  }

  get logger(): Logger {
    return this.options.logger;
  }

  /** Begins to connect and answers at once. */
  async start(): Promise<void> {
    if (this.connection !== undefined) return;
    this.connection = await connect(withHeartbeat(this.options.url), {
      clientProperties: { connection_name: this.options.name }, noDelay: true, timeout: CONNECT_TIMEOUT,
      recovery: { waitForConnect: false, initialDelay: FIRST_PAUSE, maxDelay: LONGEST_PAUSE, jitter: 0.5 },
    });
    this.connection.on('connect', (model: ChannelModel) => void this.establish(model));
    this.connection.on('disconnect', (error) => this.disconnected('messaging.disconnected', error));
    this.connection.on('connect-failed', (error) => this.disconnected('messaging.connect-failed', error));
    this.connection.on('blocked', (reason) => this.block(reason));
    this.connection.on('unblocked', () => this.unblock());
    this.connection.on('error', (error) => this.logger.warn('messaging.connection-error', { error }));
  }

  /** Keeps a channel open from now on, whenever there is a connection. */
  link(options: LinkOptions): Link {
    const link = new Link(options, this.logger);
    this.links.add(link);
    if (this.model !== undefined) link.connect(this.model);
    return link;
  }

  /** Lets go of a link; its consumer stops first. */
  async unlink(link: Link): Promise<void> {
    this.links.delete(link);
    await link.close();
  }

  /** Calls `tell` with every change of `isConnected`; answers how to stop that. */
  whenChanged(tell: (isConnected: boolean) => void): () => void {
    this.onChange.add(tell);
    return () => this.onChange.delete(tell);
  }

  /** Resolves with true once connected, or with false when the signal aborts first. */
  untilConnected(signal: AbortSignal): Promise<boolean> {
    if (this.isConnected || signal.aborted) return Promise.resolve(this.isConnected);
    return new Promise((resolve) => {
      const finish = (): void => {
        forget();
        signal.removeEventListener('abort', finish);
        resolve(this.isConnected);
      };
      const forget = this.whenChanged((isConnected) => isConnected && finish());
      signal.addEventListener('abort', finish);
    });
  }

  /** Closes the links, in no particular order, and then the connection. */
  async close(): Promise<void> {
    await Promise.all([...this.links].map((link) => this.unlink(link)));
    await this.connection?.close();
    this.connection = undefined;
    this.latest = undefined;
    this.model = undefined;
  }

  /**
   * Declares what the links rely on, and only then lets them open.
   *
   * Not amqplib's own `setup`: a connection that breaks while that runs has no listener for its error, which ends the process.
   */
  private async establish(model: ChannelModel): Promise<void> {
    this.latest = model;
    try {
      await this.prepare(model);
    } catch (error) {
      if (this.latest !== model) return;
      this.logger.error('messaging.preparation-failed', { error });
      setTimeout(() => this.latest === model && void this.establish(model), LONGEST_PAUSE).unref();
      return;
    }
    if (this.latest === model) this.connected(model);
  }

  private async prepare(model: ChannelModel): Promise<void> {
    if (this.options.prepare === undefined) return;
    const channel = await model.createChannel();
    // The failed declaration rejects as well; an unheard 'error' event would end the process.
    channel.on('error', () => undefined);
    await this.options.prepare(channel);
    await channel.close();
  }

  private connected(model: ChannelModel): void {
    this.model = model;
    this.isBlocked = false;
    this.lastFailure = undefined;
    this.logger.info('messaging.connected');
    for (const link of this.links) link.connect(model);
    this.tell();
  }

  private disconnected(event: string, error: Error): void {
    const isNews = this.model !== undefined || this.lastFailure === undefined;
    this.latest = undefined;
    this.model = undefined;
    this.lastFailure = error;
    for (const link of this.links) link.disconnect();
    if (isNews) this.logger.warn(event, { error });
    this.tell();
  }

  private block(reason: string): void {
    this.isBlocked = true;
    this.lastFailure = new Error(`The broker holds publishers back: ${reason}`);
    this.logger.error('messaging.blocked', { reason });
    this.tell();
  }

  private unblock(): void {
    this.isBlocked = false;
    this.tell();
  }

  private tell(): void {
    for (const tell of this.onChange) tell(this.isConnected);
  }
}

function withHeartbeat(text: string): string {
  const url = new URL(text);
  url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  return url.href;
}
