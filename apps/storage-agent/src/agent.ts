import { Loop, mapLimit, minutes, type Clock } from '@virga/kernel';
import type { AgentBus } from '@virga/messaging';
import type { Logger } from '@virga/observability';
import { Backends, type NamedBackend } from './backends/index.js';
import { CommandRunner, TaskCommands, VolumeCommands } from './commands/index.js';
import type { SourceDisks } from './copies/index.js';
import type { ImageService } from './images/index.js';
import type { VolumeKeySource } from './keys/index.js';
import { StorageReporter } from './reports/index.js';
import { Tasks, type DurableDirectory } from './tasks/index.js';

export interface AgentParts {
  host: string;
  availabilityZone: string;
  version: string;
  bus: AgentBus;
  backends: readonly NamedBackend[];
  keys: VolumeKeySource;
  images: ImageService;
  /** What tasks have to remember. */
  tasks: DurableDirectory;
  backupDirectory: string;
  /** Volumes that are copied from other backends. */
  sources: SourceDisks;
  logger: Logger;
  clock: Clock;
}

/** How often backends are looked after. Too high: chains stay long, and exports that broke stay away, for so long. */
const TEND = minutes(1);
const TEND_WITHIN = minutes(30);
const BACKENDS_AT_ONCE = 4;
const SILENT_FOR = minutes(1);

/** One storage host's agent: obeys block storage, and reports what is so. */
export class Agent {
  private readonly reporter: StorageReporter;
  private readonly runner: CommandRunner;
  private readonly tending: Loop;
  private tasks: Tasks | undefined;

  constructor(private readonly parts: AgentParts) {
    const { bus, logger } = parts;
    this.reporter = new StorageReporter({ ...parts, backends: new Backends(parts.backends), reporter: bus.reporter });
    this.runner = new CommandRunner(this.reporter, logger);
    this.tending = new Loop({ rest: TEND, turn: (signal) => this.tend(signal), failed: (error) => logger.warn('backends not tended', { error }) });
  }

  async start(): Promise<void> {
    const { bus, logger, clock, keys, images, tasks: directory, backupDirectory, sources } = this.parts;
    const { reporter, runner } = this;
    const backends = new Backends(this.parts.backends);
    const tasks = await Tasks.open(directory, { reporter, logger, clock });
    this.tasks = tasks;
    const volumes = new VolumeCommands({ backends, keys, images, reporter, runner });
    const work = new TaskCommands({ backends, keys, images, tasks, directory, runner, backupDirectory, sources });
    // Not in order by volume: a newer command may end the waiting of an older one, which the driver does.
    bus.obey({ commands: [...volumes.handlers, ...work.handlers] });
    tasks.reportBroken();
    reporter.start();
    this.tending.start();
    await bus.start();
  }

  /** Begun work is given up where it is; the daemons and their exports go on. */
  async stop(): Promise<void> {
    await Promise.all([this.tending.stop(), this.reporter.stop(), this.runner.stop(), this.tasks?.stop()]);
    await this.parts.bus.close(AbortSignal.timeout(5_000));
  }

  /** Throws where the host cannot do its work. */
  requireHealthy(): void {
    const { seenAt } = this.reporter;
    if (seenAt === undefined || performance.now() - seenAt > SILENT_FOR) throw new Error('not all backends were seen to work for a minute');
  }

  private async tend(signal: AbortSignal): Promise<void> {
    const { backends, logger } = this.parts;
    await mapLimit(backends, BACKENDS_AT_ONCE, async ({ name, backend }) => {
      await backend.tend(AbortSignal.any([signal, AbortSignal.timeout(TEND_WITHIN)])).catch((error: unknown) => {
        signal.throwIfAborted();
        logger.warn('backend not tended', { backend: name, error });
      });
    });
  }
}
