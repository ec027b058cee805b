import { seconds, type Duration } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import type { ChannelModel, ConfirmChannel } from 'amqplib';

export interface LinkOptions {
  /** What it is for, in logs. */
  name: string;
  /** Declares, binds and consumes on a fresh channel; what it throws closes the channel, which is then tried again. */
  open: (channel: ConfirmChannel) => Promise<void>;
  /** Told when the channel is gone, however that came about. */
  lost?: () => void;
}

/** Before a channel that the broker closed is opened again. Too low: a wrong declaration floods the log. Too high: an agent whose queue is made late listens late. */
const FIRST_PAUSE: Duration = seconds(1);
const LONGEST_PAUSE: Duration = seconds(30);

/** A channel that is opened again after every loss, of the connection or of itself alone. */
export class Link {
  private model: ChannelModel | undefined;
  private open: ConfirmChannel | undefined;
  private retry: NodeJS.Timeout | undefined;
  private pause = FIRST_PAUSE;
  private opening: Promise<void> = Promise.resolve();
  private isClosed = false;
  private readonly waiting = new Set<() => void>();
  private readonly listeners = new Set<() => void>();

  constructor(private readonly options: LinkOptions, private readonly logger: Logger) {}

  /** The channel, if it is ready to be used. */
  get channel(): ConfirmChannel | undefined {
    return this.open;
  }

  /** Resolves when the channel is ready, or when the signal aborts. */
  untilOpen(signal: AbortSignal): Promise<void> {
    if (this.open !== undefined || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        this.waiting.delete(finish);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      this.waiting.add(finish);
      signal.addEventListener('abort', finish);
    });
  }

  /** Calls `tell` whenever the channel becomes ready; the answer ends that. */
  whenOpen(tell: () => void): () => void {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  }

  connect(model: ChannelModel): void {
    this.model = model;
    this.pause = FIRST_PAUSE;
    this.opening = this.tryOpening(model);
  }

  disconnect(): void {
    this.model = undefined;
    clearTimeout(this.retry);
    this.lose();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.retry);
    await this.opening;
    const channel = this.open;
    this.open = undefined;
    await channel?.close().catch(() => undefined);
  }

  private async tryOpening(model: ChannelModel): Promise<void> {
    let channel: ConfirmChannel | undefined;
    try {
      channel = await model.createConfirmChannel();
      this.watch(channel, model);
      await this.options.open(channel);
      if (this.isClosed || this.model !== model) return void channel.close().catch(() => undefined);
      this.open = channel;
      this.pause = FIRST_PAUSE;
      for (const tell of [...this.waiting, ...this.listeners]) tell();
    } catch (error) {
      if (this.model !== model || this.isClosed) return;
      this.logger.warn('messaging.link-failed', { link: this.options.name, error });
      channel?.close().catch(() => undefined);
      this.openLater(model);
    }
  }

  private watch(channel: ConfirmChannel, model: ChannelModel): void {
    channel.on('error', (error) => this.logger.warn('messaging.channel-error', { link: this.options.name, error }));
    channel.on('close', () => {
      if (this.open !== channel) return;
      this.lose();
      if (this.model === model && !this.isClosed) this.openLater(model);
    });
  }

  private lose(): void {
    if (this.open === undefined) return;
    this.open = undefined;
    this.options.lost?.();
  }

  private openLater(model: ChannelModel): void {
    clearTimeout(this.retry);
    const jittered = this.pause * (0.5 + Math.random() / 2);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE) as Duration;
    this.retry = setTimeout(() => {
      if (this.model === model && !this.isClosed) this.opening = this.tryOpening(model);
    }, jittered);
    this.retry.unref();
  }
}
