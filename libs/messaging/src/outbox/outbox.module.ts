import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { CLOCK, systemClock, type Clock } from '@virga/kernel';
import { Metrics } from '@virga/observability';
import { Database } from '@virga/persistence';
import { ServiceBus } from '../service-bus.js';
import { Outbox } from './outbox.js';
import { OutboxRelay } from './outbox-relay.js';

const OWN_CLOCK = Symbol('OutboxClock');

/** Provides `Outbox` everywhere in a service, and carries its messages to the broker. Expects `PersistenceModule` and `MessagingModule`. */
@Module({})
export class OutboxModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(Database) private readonly db: Database,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  static forRoot(options: { clock?: Clock } = {}): DynamicModule {
    return {
      module: OutboxModule,
      global: true,
      providers: [
        { provide: OWN_CLOCK, inject: [{ token: CLOCK, optional: true }], useFactory: (clock?: Clock) => options.clock ?? clock ?? systemClock },
        { provide: Outbox, inject: [OWN_CLOCK], useFactory: (clock: Clock) => new Outbox(clock) },
        {
          provide: OutboxRelay, inject: [Database, Outbox, ServiceBus, OWN_CLOCK],
          useFactory: (db: Database, outbox: Outbox, { broker, publisher }: ServiceBus, clock: Clock) => new OutboxRelay({ db, outbox, broker, publisher, clock }),
        },
      ],
      exports: [Outbox, OutboxRelay],
    };
  }

  onApplicationBootstrap(): void {
    this.metrics.gauge('virga_outbox_messages', 'Messages that the broker does not have yet.', () => this.count());
    this.relay.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.relay.stop();
  }

  private async count(): Promise<number> {
    const [row] = await this.db.sql<{ count: number }>`SELECT count(*) AS count FROM outbox`;
    return row?.count ?? 0;
  }
}
