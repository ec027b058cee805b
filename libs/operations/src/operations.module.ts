import { Inject, Module, type DynamicModule, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { CLOCK, seconds, systemClock, type Clock, type Duration } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import { Database } from '@virga/persistence';
import { DebtCollector, DebtPayer } from './debt-collector.js';
import { Debts } from './debts.js';
import { Engine, type EngineParts } from './engine.js';
import { HistoryKeeper, HistoryPruner } from './history-pruner.js';
import { Kinds, type Overtakes } from './kinds.js';
import { metricsObserver } from './observer.js';
import { Operation } from './operation.js';
import { Operations } from './operations.js';

export interface OperationsOptions extends Partial<Pick<EngineParts, 'concurrency' | 'lease' | 'random' | 'aroundStep'>> {
  /** Which kinds may overtake which: `{ 'server.delete': '*' }`. */
  overtakes: Overtakes;
  /** How long finished operations and paid debts are kept; 30 days unless said. */
  keptFor?: Duration;
  /** Instead of the application's `CLOCK`. */
  clock?: Clock;
  /** Whether the engine, the collector and the pruner run by themselves; tests that use `settled` say no. */
  isDriven?: boolean;
}

/** How long the steps at hand may take when the process ends; what is not done is repeated by another worker. */
const PATIENCE = seconds(10);

const OPTIONS = Symbol('OperationsOptions');
const OWN_CLOCK = Symbol('OperationsClock');

/**
 * Provides `Operations`, `Debts` and `Engine` everywhere in a service. Every provider that is an `Operation`, a
 * `DebtPayer` or a `HistoryKeeper` is found and registered. Expects `PersistenceModule` and `ObservabilityModule`.
 */
@Module({})
export class OperationsModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(OPTIONS) private readonly options: OperationsOptions,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(Kinds) private readonly kinds: Kinds,
    @Inject(Engine) private readonly engine: Engine,
    @Inject(DebtCollector) private readonly collector: DebtCollector,
    @Inject(HistoryPruner) private readonly pruner: HistoryPruner,
  ) {}

  static forRoot(options: OperationsOptions): DynamicModule {
    return {
      module: OperationsModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: OWN_CLOCK, inject: [{ token: CLOCK, optional: true }], useFactory: (clock?: Clock) => options.clock ?? clock ?? systemClock },
        { provide: Kinds, useFactory: () => new Kinds(options.overtakes) },
        { provide: Operations, inject: [Kinds, OWN_CLOCK], useFactory: (kinds: Kinds, clock: Clock) => new Operations(kinds, clock) },
        { provide: Debts, inject: [OWN_CLOCK], useFactory: (clock: Clock) => new Debts(clock) },
        {
          provide: Engine, inject: [Database, Kinds, Operations, LOGGER, Metrics, OWN_CLOCK],
          useFactory: (db: Database, kinds: Kinds, operations: Operations, logger: Logger, metrics: Metrics, clock: Clock) =>
            new Engine({ ...options, db, kinds, operations, logger, clock, observer: metricsObserver(metrics) }),
        },
        {
          provide: DebtCollector, inject: [Database, Debts, LOGGER, OWN_CLOCK],
          useFactory: (db: Database, debts: Debts, logger: Logger, clock: Clock) => new DebtCollector({ db, debts, logger, clock }),
        },
        {
          provide: HistoryPruner, inject: [Database, LOGGER, OWN_CLOCK],
          useFactory: (db: Database, logger: Logger, clock: Clock) => new HistoryPruner({ db, logger, clock, ...(options.keptFor !== undefined && { keptFor: options.keptFor }) }),
        },
      ],
      exports: [Operations, Debts, Engine, DebtCollector, HistoryPruner, Kinds],
    };
  }

  onModuleInit(): void {
    // One instance may be provided under several tokens.
    const instances = new Set<unknown>(this.discovery.getProviders().map((provider) => provider.instance as unknown));
    for (const instance of instances) {
      if (instance instanceof Operation) this.kinds.register(instance);
      if (instance instanceof DebtPayer) this.collector.register(instance);
      if (instance instanceof HistoryKeeper) this.pruner.register(instance);
    }
  }

  onApplicationBootstrap(): void {
    if (this.options.isDriven === false) return;
    this.engine.start();
    this.collector.start();
    this.pruner.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.engine.stop(AbortSignal.timeout(PATIENCE)), this.collector.stop(), this.pruner.stop()]);
  }
}
