import type { Duration } from './duration.js';

export interface LoopOptions {
  /** One turn of work; it may answer how long to rest afterwards, otherwise the loop rests for `rest`. */
  turn: (signal: AbortSignal) => Promise<Duration | void>;
  /** How long the loop rests between turns unless it is woken. */
  rest: Duration;
  /** Told of every failed turn; the loop goes on after `rest`. */
  failed: (error: unknown) => void;
}

/** Work that is done again and again until it is stopped: turns never overlap, and a waking never gets lost. */
export class Loop {
  private stopping: AbortController | undefined;
  private running: Promise<void> = Promise.resolve();
  private isWoken = false;
  private interrupt: (() => void) | undefined;

  constructor(private readonly options: LoopOptions) {}

  /** Begins with a turn at once; starting a started loop changes nothing. */
  start(): void {
    if (this.stopping !== undefined) return;
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  /** Ends the rest; during a turn, another turn follows at once. */
  wake(): void {
    this.isWoken = true;
    this.interrupt?.();
  }

  /** Tells the present turn to stop through its signal, and resolves when it has ended. */
  async stop(): Promise<void> {
    this.stopping?.abort();
    this.interrupt?.();
    await this.running;
    this.stopping = undefined;
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.isWoken = false;
      const rest = await this.turn(signal);
      if (!signal.aborted && !this.isWoken) await this.sleep(rest);
    }
  }

  private async turn(signal: AbortSignal): Promise<Duration> {
    try {
      return (await this.options.turn(signal)) ?? this.options.rest;
    } catch (error) {
      if (!signal.aborted) this.options.failed(error);
      return this.options.rest;
    }
  }

  private sleep(rest: Duration): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, rest);
      // A resting loop is no reason for a finished process to linger.
      timer.unref();
      this.interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
