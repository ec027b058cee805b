import type { AgentBus } from '@virga/messaging';
import { Loop, minutes, type Clock } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import type { HostNetwork, Hypervisor } from '@virga/ports';
import { GuestCommands, type ImageSource } from './guests/index.js';
import { MetadataNetworks, type MetadataRecords } from './metadata/index.js';
import { HostReporter } from './reports/index.js';

export interface AgentParts {
  host: string;
  availabilityZone: string;
  version: string;
  bus: AgentBus;
  hypervisor: Hypervisor;
  hostNetwork: HostNetwork;
  images: ImageSource;
  records: MetadataRecords;
  logger: Logger;
  clock: Clock;
}

/** How often dead metadata proxies and flushed firewalls are looked for. Too high: guests boot without their keys, or see the host, for so long. */
const REPAIR = minutes(1);

/** One hypervisor host's agent: obeys compute, and reports what is so. */
export class Agent {
  private readonly reporter: HostReporter;
  private readonly commands: GuestCommands;
  private readonly repairing: Loop;

  constructor(private readonly parts: AgentParts) {
    const { bus, hypervisor, images, logger } = parts;
    const metadata = new MetadataNetworks(parts.records, parts.hostNetwork, logger);
    this.reporter = new HostReporter({ ...parts, reporter: bus.reporter });
    this.commands = new GuestCommands({ hypervisor, metadata, images, reporter: this.reporter, logger });
    this.repairing = new Loop({
      rest: REPAIR,
      turn: async (signal) => {
        await parts.hostNetwork.repairNics(signal);
        await metadata.repair(signal);
      },
      failed: (error) => logger.warn('host network not repaired', { error }),
    });
  }

  async start(): Promise<void> {
    const { bus } = this.parts;
    // Not in order by guest: a newer command may end the waiting of an older one, which the driver does.
    bus.obey({ commands: this.commands.handlers, answers: this.commands.answers });
    this.reporter.start();
    this.repairing.start();
    await bus.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.repairing.stop(), this.reporter.stop()]);
    await this.parts.bus.close(AbortSignal.timeout(5_000));
  }

  /** Throws where the host cannot do its work. */
  requireHealthy(): void {
    if (this.reporter.observedAt === undefined || performance.now() - this.reporter.observedAt > minutes(1)) throw new Error('the hypervisor was not observed for a minute');
  }
}
