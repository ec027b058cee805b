import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type FactoryProvider, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, seconds, systemClock, type Clock } from '@virga/kernel';
import { Health, LOGGER, Metrics, type Logger } from '@virga/observability';
import { BrokerUnavailable } from './broker.js';
import { Calls } from './calls.js';
import { ServiceBus } from './service-bus.js';
import type { MessageTap } from './tap.js';
import { WakeUps } from './wake-ups.js';

export interface MessagingOptions {
  /** Names the service's queues; its replicas share them. */
  service: string;
  /** The broker's URL with the service's user. */
  url: string;
  clock?: Clock;
  tap?: MessageTap;
}

/** How the options are made from other providers. */
export type MessagingFactory = Pick<FactoryProvider<MessagingOptions>, 'inject' | 'useFactory'> & Pick<DynamicModule, 'imports'>;

const OPTIONS = Symbol('MessagingOptions');

/** How long messages at hand may take to be finished when the process ends; what is not finished is delivered again elsewhere. */
const PATIENCE = seconds(10);

/**
 * Provides `ServiceBus`, `Calls` and `WakeUps` everywhere in a service. Slices register handlers in `onModuleInit`; the bus
 * connects once all are there, in the background. Expects `ObservabilityModule`.
 */
@Module({})
export class MessagingModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(ServiceBus) private readonly bus: ServiceBus,
    @Inject(Health) private readonly health: Health,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  static forRoot(options: MessagingOptions): DynamicModule {
    return this.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports, ...options }: MessagingFactory): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      imports: imports ?? [],
      providers: [
        { provide: OPTIONS, ...options },
        { provide: ServiceBus, inject: [OPTIONS, LOGGER, { token: CLOCK, optional: true }], useFactory: openBus },
        { provide: Calls, inject: [ServiceBus], useFactory: (bus: ServiceBus) => bus.calls },
        { provide: WakeUps, inject: [ServiceBus], useFactory: (bus: ServiceBus) => bus.wakeUps },
      ],
      exports: [ServiceBus, Calls, WakeUps],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    const { broker } = this.bus;
    this.health.register('broker', async () => {
      if (!broker.isConnected) throw new BrokerUnavailable({ cause: broker.reason });
    }, { isEssential: false });
    this.metrics.gauge('virga_broker_connected', 'Whether this process can publish messages.', () => Number(broker.isConnected));
    this.metrics.gauge('virga_dead_letters', 'Messages that nobody could handle; somebody has to look.', () => this.bus.deadLetters().catch(() => Number.NaN));
    await this.bus.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.bus.stopConsuming(AbortSignal.timeout(PATIENCE));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.bus.close(AbortSignal.timeout(PATIENCE));
  }
}

function openBus(options: MessagingOptions, logger: Logger, clock: Clock = systemClock): ServiceBus {
  return new ServiceBus({ clock, ...options, logger });
}
