import { Inject, Injectable } from '@nestjs/common';
import { seconds, type Duration } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import type { LogicalDrift, NetworkBackend } from '@virga/ports';
import { Reconciler, correct, nothing, type Correction } from '@virga/reconcile';
import { ModelRepository } from './model.repository.js';
import { NETWORK_BACKEND } from './realizer.js';

/** How often the backend is compared with the complete model. */
export interface RepairInterval {
  /** Too low: reading everything loads the database. Too high: what somebody changed by hand stays wrong that long. */
  seconds: number;
}

export const REPAIR_INTERVAL = Symbol('RepairInterval');

type Drifts = readonly LogicalDrift[];

/**
 * Puts the backend right when its rows are not what the model says, whoever changed them.
 *
 * Theory of operation. Each pass has the backend compare itself with the whole model, and, where they differ, repair all of
 * it in one go; nothing is remembered between passes, and a pass that fails is made up for by the next. The model is read after
 * the backend has noted the moment, so a change that a request makes meanwhile is left alone. Every repair is a defect of the
 * normal path or a stranger's hand, and is counted.
 */
@Injectable()
export class BackendRepair extends Reconciler<Drifts, Drifts> {
  readonly name = 'network-backend';
  readonly interval: Duration;

  constructor(
    private readonly model: ModelRepository,
    @Inject(NETWORK_BACKEND) private readonly backend: NetworkBackend,
    @Inject(REPAIR_INTERVAL) interval: RepairInterval,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {
    super();
    this.interval = seconds(interval.seconds);
  }

  async* observe(signal: AbortSignal): AsyncIterable<readonly Drifts[]> {
    yield [await this.backend.drift(() => this.model.read('everything'), signal)];
  }

  plan(drifts: Drifts): Correction<Drifts> {
    return drifts.length === 0 ? nothing() : correct('backend-differs', drifts);
  }

  async correct(_drifts: Drifts, _seen: Drifts, signal: AbortSignal): Promise<void> {
    for (const drift of await this.backend.repair(() => this.model.read('everything'), signal)) {
      this.logger.warn('network.repair.repaired', { ...drift });
      this.metrics.count('virga_network_defects_total', 'Rows of the backend that had to be repaired', { kind: drift.kind, problem: drift.problem });
    }
  }

  describe(drifts: Drifts): string {
    return drifts.slice(0, 5).map(({ kind, id, problem }) => `${kind} ${id} ${problem}`).join(', ');
  }
}
