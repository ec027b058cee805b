import { type DynamicModule, Inject, Module, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { type Clock, Loop, hours } from '@virga/kernel';
import { IdempotentRequests } from './idempotency.js';
import { PostgresDatabase } from './postgres-database.js';

/** How often keys of yesterday are removed. Too low: work for nothing. Too high: the table holds more than a day's keys. */
const PURGE = hours(1);

/** Provides `IdempotentRequests` everywhere in a service, and forgets keys after their day. */
@Module({})
export class IdempotencyModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly purging: Loop;

  constructor(@Inject(IdempotentRequests) requests: IdempotentRequests) {
    // A database that is away for a moment is no news here: the next turn purges.
    this.purging = new Loop({ rest: PURGE, turn: async () => { await requests.purge(); }, failed: () => undefined });
  }

  static forRoot({ clock }: { clock: Clock }): DynamicModule {
    return {
      module: IdempotencyModule, global: true,
      providers: [{ provide: IdempotentRequests, inject: [PostgresDatabase], useFactory: (database: PostgresDatabase) => new IdempotentRequests(database, clock) }],
      exports: [IdempotentRequests],
    };
  }

  onApplicationBootstrap(): void {
    this.purging.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.purging.stop();
  }
}
