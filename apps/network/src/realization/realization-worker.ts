import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, Loop, milliseconds, seconds, type Clock, type Duration } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import { Refused } from '@virga/ports';

import { RealizationRepository, type UnitRevision } from './realization.repository.js';
import { Realizer } from './realizer.js';

/** Units told in one backend transaction. Too low: catching up takes long. Too high: one transaction blocks the backend for others. */
const BATCH = 100;
/** How long the worker may take for a batch before another takes it up. */
const CLAIM = seconds(20);
/** Between looks, and between attempts while the backend is away. */
const REST = seconds(2);
/** The longest that a refused unit waits for its next attempt: somebody has to act anyway. */
const MOST_PATIENCE = seconds(60);

/**
 * Realizes what requests left undone.
 *
 * Theory of operation. Every unit that the backend has not been told of has a `due_at`; a worker takes due units by
 * moving it ahead, so a worker that dies loses nothing but time. While the backend is away all wait for the next look.
 * A unit that the backend refuses waits ever longer, by itself, and says why in its row; it never holds up the others.
 */
@Injectable()
export class RealizationWorker implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly loop: Loop;

  constructor(
    private readonly realizations: RealizationRepository,
    private readonly realizer: Realizer,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.loop = new Loop({ rest: REST, turn: (signal) => this.turn(signal), failed: (error) => logger.warn('network.realization.turn-failed', { error }) });
    metrics.gauge('virga_network_unrealized', 'Units that the backend has not been told of yet', () => realizations.backlog());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** Looks at once instead of after its rest. */
  wake(): void {
    this.loop.wake();
  }

  /** One look: realizes what is due; answers how long to rest. */
  async turn(signal: AbortSignal): Promise<Duration> {
    const units = await this.realizations.claim(BATCH, this.clock.now() + CLAIM);
    if (units.length === 0) return REST;
    try {
      await this.realizer.realize(units, AbortSignal.any([signal, AbortSignal.timeout(CLAIM)]));
      return units.length === BATCH ? milliseconds(0) : REST;
    } catch (error) {
      return this.recover(units, error, signal);
    }
  }

  private async recover(units: readonly UnitRevision[], error: unknown, signal: AbortSignal): Promise<Duration> {
    if (!(error instanceof Refused)) {
      this.logger.warn('network.realization.backend-away', { units: units.length, error });
      await this.realizations.postpone(units, this.clock.now() + REST, 'The network backend does not answer.');
      return REST;
    }
    for (const unit of units) await this.realizeAlone(unit, signal);
    return milliseconds(0);
  }

  private async realizeAlone(unit: UnitRevision, signal: AbortSignal): Promise<void> {
    try {
      await this.realizer.realize([unit], AbortSignal.any([signal, AbortSignal.timeout(CLAIM)]));
    } catch (error) {
      const attempts = await this.realizations.attempts(unit);
      const wait = error instanceof Refused ? Math.min(MOST_PATIENCE, 1_000 * 2 ** Math.min(attempts, 10)) : REST;
      this.logger.warn('network.realization.refused', { ...unit, attempts, error });
      await this.realizations.postpone([unit], this.clock.now() + wait, error instanceof Refused ? error.reason : 'The network backend does not answer.');
    }
  }
}
