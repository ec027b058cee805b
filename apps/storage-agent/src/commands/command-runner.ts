import { Fault, hours, minutes, Unavailable } from '@virga/kernel';
import type { Delivery } from '@virga/messaging';
import type { Logger } from '@virga/observability';
import { Outdated } from '@virga/ports';
import type { StorageReporter } from '../reports/index.js';
import { Slots } from '../tasks/index.js';

/**
 * The longest that one command may take before it is given up and reported; block storage decides whether to send it again.
 *
 * Too low: a copy of a long chain is never made. Too high: a hung disk holds a message for so long; the broker closes the connection of who
 * keeps one for half an hour.
 */
const COMMAND_DEADLINE = minutes(25);
/** The same for what is begun and not waited for. */
const BEGUN_DEADLINE = hours(12);
/** Too low: many volumes from images are made one after the other. Too high: each takes a processor and the disk's time from guests. */
const BEGUN_AT_ONCE = 4;

/**
 * How often a command is tried before its failure is reported: what a backend needs is back soon after it died. With the bus's pauses, this
 * waits for about five seconds.
 *
 * Too low: what a restart disturbs waits until block storage sends it again. Too high: it learns late that a backend is in trouble.
 */
const TRIES = 5;

interface Command {
  backend: string;
  id: string;
  generation: number;
}

/** A command as it concerns one thing or several. */
interface Ordered {
  name: string;
  backend: string;
  things: Omit<Command, 'backend'>[];
}

type Work = (signal: AbortSignal) => Promise<void>;

/**
 * Carries commands out and says what became of them.
 *
 * Theory of operation. A command is carried out by the driver, which refuses old generations and may be asked again. What cannot be reached
 * right now is tried a few times more, by the bus, which lets later commands pass meanwhile. The outcome is always reported: success by how
 * the thing is now, failure by `storageCommandFailed`. Only then is the message acknowledged, so a command that this process dies in comes
 * again; one that failed does not, because block storage, who knows what is still wanted, sends it again itself. What is only begun is
 * acknowledged at once; if this process dies, block storage sends it again when it hears nothing.
 */
export class CommandRunner {
  private readonly begun = new Set<Promise<void>>();
  private readonly slots = new Slots(BEGUN_AT_ONCE);
  private readonly stopping = new AbortController();

  constructor(private readonly reporter: StorageReporter, private readonly logger: Logger) {}

  run(name: string, command: Command, delivery: Delivery, work: Work): Promise<void> {
    return this.runAll(name, command.backend, [command], delivery, work);
  }

  /** One piece of work for several things: each hears of its failure. Throws what the bus is to try again. */
  async runAll(name: string, backend: string, things: Omit<Command, 'backend'>[], { earlierTries }: Delivery, work: Work): Promise<void> {
    await this.carryOut({ name, backend, things }, earlierTries + 1 < TRIES, () => work(AbortSignal.timeout(COMMAND_DEADLINE)));
  }

  /** Returns at once. */
  begin(name: string, command: Command, work: Work): void {
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(BEGUN_DEADLINE)]);
    const working = this.carryOut({ name, backend: command.backend, things: [command] }, false, () => this.slots.run(signal, () => work(signal)));
    this.begun.add(working);
    void working.finally(() => this.begun.delete(working));
  }

  /** Gives up what was only begun. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('The agent stops.'));
    await Promise.all(this.begun);
  }

  private async carryOut({ name, backend, things }: Ordered, mayTryAgain: boolean, work: () => Promise<void>): Promise<void> {
    const ids = things.map(({ id, generation }) => ({ id, generation }));
    try {
      await work();
      this.logger.info('command carried out', { command: name, backend, things: ids });
    } catch (error) {
      if (mayTryAgain && error instanceof Unavailable) throw error;
      this.failed(name, backend, ids, error);
    }
  }

  private failed(command: string, backend: string, things: { id: string; generation: number }[], error: unknown): void {
    if (error instanceof Outdated) {
      this.logger.info('command outdated', { command, backend, things });
      return;
    }
    this.logger.error('command failed', { command, backend, things, error });
    const isFinal = error instanceof Fault && (error.kind === 'invalid' || error.kind === 'not-found');
    const { code, message } = error instanceof Fault ? error : { code: 'agent.failed', message: 'The storage host could not carry out the command.' };
    for (const { id, generation } of things) this.reporter.commandFailed({ backend, id, generation, command, code, message, isFinal });
  }
}
