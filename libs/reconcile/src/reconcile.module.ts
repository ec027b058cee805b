import { Inject, Module, type DynamicModule, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { CLOCK, systemClock, type Clock } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import { Reconciler } from './reconciler.js';
import { reconcileMetrics } from './reconcile-observer.js';
import { Reconciliation } from './reconciliation.js';

export interface ReconcileOptions {
  clock?: Clock;
  /** Whether the timers run; tests that use `runOnce` say no. */
  isDriven?: boolean;
}

const OPTIONS = Symbol('ReconcileOptions');

/** Provides `Reconciliation`, and registers every provider that is a `Reconciler`. Expects `ObservabilityModule`. */
@Module({})
export class ReconcileModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(OPTIONS) private readonly options: ReconcileOptions,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(Reconciliation) private readonly reconciliation: Reconciliation,
  ) {}

  static forRoot(options: ReconcileOptions = {}): DynamicModule {
    return {
      module: ReconcileModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: OPTIONS, useValue: options },
        {
          provide: Reconciliation, inject: [LOGGER, Metrics, { token: CLOCK, optional: true }],
          useFactory: (logger: Logger, metrics: Metrics, clock: Clock = systemClock) =>
            new Reconciliation({ logger, observer: reconcileMetrics(metrics), clock: options.clock ?? clock }),
        },
      ],
      exports: [Reconciliation],
    };
  }

  onModuleInit(): void {
    const instances = new Set<unknown>(this.discovery.getProviders().map((provider) => provider.instance as unknown));
    for (const instance of instances) if (instance instanceof Reconciler) this.reconciliation.register(instance);
  }

  onApplicationBootstrap(): void {
    if (this.options.isDriven !== false) this.reconciliation.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.reconciliation.stop();
  }
}
