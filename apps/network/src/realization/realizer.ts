import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, seconds, type Clock, type Instant } from '@virga/kernel';
import { LOGGER, type Logger } from '@virga/observability';
import { DriverUnavailable, type LogicalKind, type LogicalRef, type NetworkBackend, type NetworkModel } from '@virga/ports';

import { ModelRepository } from './model.repository.js';
import { RealizationRepository, type Unit, type UnitRevision } from './realization.repository.js';

/** The injection token of the `NetworkBackend`. */
export const NETWORK_BACKEND = Symbol('NetworkBackend');

/**
 * How long a request waits for the backend before it answers without it.
 *
 * Too low: under load, requests answer before their network carries anything. Too high: while the backend is away, every
 * change takes that long.
 */
const PATIENCE = seconds(3);

/** After the backend did not answer, how long requests do not even ask: the worker finds out when it is back. */
const RESPITE = seconds(5);

/**
 * Tells the backend what the rows say.
 *
 * Theory of operation. A request changes rows and, in the same transaction, marks the units that they belong to. After the
 * commit it calls `realize`, which reads those units as they are now (maybe newer than what the request wrote), hands them to the backend
 * and notes the revisions that the backend committed. If the process dies in between, or the backend is away, the mark
 * remains and the worker does the same later. Two that realize a unit at once are told apart by its revision: the backend
 * skips the older one, and the note is only ever raised.
 */
@Injectable()
export class Realizer {
  private awayUntil: Instant = 0;

  constructor(
    private readonly realizations: RealizationRepository,
    private readonly model: ModelRepository,
    @Inject(NETWORK_BACKEND) private readonly backend: NetworkBackend,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** For requests, after their commit: realizes the units if that is possible at once, and never fails. */
  async settleNow(units: readonly LogicalRef[]): Promise<void> {
    if (units.length === 0 || this.clock.now() < this.awayUntil) return;
    try {
      await this.realize(units, AbortSignal.timeout(PATIENCE));
    } catch (error) {
      this.logger.warn('network.realization.left-to-worker', { units: units.slice(0, 10).map(({ kind, id }) => `${kind} ${id}`), error });
    }
  }

  /** Realizes the units and what they need, in one backend transaction. Throws what the backend throws. */
  async realize(units: readonly LogicalRef[], signal: AbortSignal): Promise<void> {
    const told = await this.realizations.withDependencies(units);
    const gone = told.filter((unit) => unit.is_gone);
    const wanted = await this.model.read(byKind(told.filter((unit) => !unit.is_gone)));
    if (gone.length + sizeOf(wanted) === 0) return;
    await this.tell(wanted, gone, signal);
    await this.realizations.settle(revisionsOf(wanted), gone);
  }

  private async tell(wanted: NetworkModel, gone: readonly Unit[], signal: AbortSignal): Promise<void> {
    try {
      await this.backend.ensure(wanted, gone.map(({ kind, id }) => ({ kind, id })), signal);
      this.awayUntil = 0;
    } catch (error) {
      if (error instanceof DriverUnavailable || signal.aborted) this.awayUntil = this.clock.now() + RESPITE;
      throw error;
    }
  }
}

function byKind(units: readonly Unit[]): Map<LogicalKind, string[]> {
  const kinds = new Map<LogicalKind, string[]>();
  for (const { kind, id } of units) kinds.set(kind, [...(kinds.get(kind) ?? []), id]);
  return kinds;
}

function revisionsOf(model: NetworkModel): UnitRevision[] {
  const of = (kind: LogicalKind, specs: readonly { id: string; revision: number }[]): UnitRevision[] => specs.map(({ id, revision }) => ({ kind, id, revision }));
  return [
    ...of('network', model.networks), ...of('subnet', model.subnets), ...of('port', model.ports), ...of('router', model.routers),
    ...of('security-group', model.securityGroups),
  ];
}

function sizeOf(model: NetworkModel): number {
  return Object.values(model).reduce((sum, specs: unknown[]) => sum + specs.length, 0);
}
