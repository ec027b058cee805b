import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Loop, seconds, type Duration } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import type { LogicalDrift, NetworkBackend } from '@virga/ports';
import { ModelRepository } from './model.repository.js';
import { NETWORK_BACKEND } from './realizer.js';

/** How often the backend is compared with the complete model. */
export interface RepairInterval {
  /** Too low: reading everything loads the database. Too high: what somebody changed by hand stays wrong that long. */
  seconds: number;
}

export const REPAIR_INTERVAL = Symbol('RepairInterval');

/**
 * Puts the backend right when its rows are not what the model says, whoever changed them.
 *
 * Theory of operation. Each pass hands the whole model to the backend, which compares and repairs; nothing is remembered
 * between passes, and a pass that fails is made up for by the next. The model is read after the backend has noted the moment,
 * so a change that a request makes meanwhile is left alone. Every repair is a defect of the normal path or a stranger's
 * hand, and is counted.
 */
@Injectable()
export class BackendRepair implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly loop: Loop;

  constructor(
    private readonly model: ModelRepository,
    @Inject(NETWORK_BACKEND) private readonly backend: NetworkBackend,
    @Inject(REPAIR_INTERVAL) interval: RepairInterval,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    this.loop = new Loop({
      rest: seconds(interval.seconds), turn: (signal) => this.turn(signal),
      failed: (error) => logger.warn('network.repair.failed', { error }),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** One comparison and repair; answers what was wrong. */
  async pass(signal: AbortSignal): Promise<LogicalDrift[]> {
    const repaired = await this.backend.repair(() => this.model.read('everything'), signal);
    for (const drift of repaired) {
      this.logger.warn('network.repair.repaired', { ...drift });
      this.metrics.count('virga_network_defects_total', 'Rows of the backend that had to be repaired', { kind: drift.kind, problem: drift.problem });
    }
    return repaired;
  }

  private async turn(signal: AbortSignal): Promise<Duration | void> {
    await this.pass(signal);
  }
}
