import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { systemClock, type Clock } from '@virga/kernel';
import { Metrics } from '@virga/observability';
import { Database } from '@virga/persistence';
import { ServiceBus } from '../service-bus.js';
import { Outbox } from './outbox.js';
import { OutboxRelay } from './outbox-relay.js';

/** Provides `Outbox` everywhere in a service, and carries its messages to the broker. Expects `PersistenceModule` and `MessagingModule`. */
@Module({})
export class OutboxModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(Database) private readonly db: Database,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  static forRoot({ clock = systemClock }: { clock?: Clock } = {}): DynamicModule {
    return {
      module: OutboxModule,
      global: true,
      providers: [
        { provide: Outbox, useFactory: () => new Outbox(clock) },
        {
          provide: OutboxRelay, inject: [Database, Outbox, ServiceBus],
          useFactory: (db: Database, outbox: Outbox, { broker, publisher }: ServiceBus) => new OutboxRelay({ db, outbox, broker, publisher, clock }),
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
