import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { minutes } from '@virga/kernel';
import { T, message } from '@virga/contract';
import { MessagingModule, ServiceBus, on } from '@virga/messaging';
import { Outbox, OutboxModule, event, outboxMigrations } from '@virga/messaging/outbox';
import { Metrics, ObservabilityModule, silentLogger } from '@virga/observability';
import { Database, PersistenceModule } from '@virga/persistence';
import { useBroker, useDatabase } from '@virga/testing';
import { Debts } from './debts.js';
import { operationMigrations } from './migrations.js';
import { Operation, done, finish, step, type Outcome, type Run } from './operation.js';
import { Operations } from './operations.js';
import { OperationsModule } from './operations.module.js';

const Made = message({ type: 'thing.made', version: 1, body: T.Object({ id: T.String() }) });

@Injectable()
class MakeThing extends Operation<{ id: string }> {
  readonly kind = 'thing.make';
  readonly version = 1;
  readonly deadline = minutes(1);
  readonly steps = [step('look', async () => done()), step('tell', (run) => this.tell(run))];

  constructor(private readonly outbox: Outbox, private readonly debts: Debts) {
    super();
  }

  async abandon(run: Run<this>): Promise<Outcome> {
    return finish((tx) => this.debts.record(tx, run.params.id, []));
  }

  private async tell(run: Run<this>): Promise<Outcome> {
    return finish((tx) => this.outbox.add(tx, event(Made, { id: run.params.id })));
  }
}

describe('a service made of the modules', () => {
  const db = useDatabase({ schema: 'test', migrations: [] });
  const broker = useBroker();

  it('runs an operation right after the commit, sends its event, and stops in good order', async () => {
    @Module({
      imports: [
        ObservabilityModule.forRoot(silentLogger),
        PersistenceModule.forRoot({ url: db.url, schema: 'test', applicationName: 'test', migrations: [...operationMigrations, ...outboxMigrations] }),
        MessagingModule.forRoot({ service: 'test', url: broker.url }),
        OutboxModule.forRoot(),
        OperationsModule.forRoot({ overtakes: {} }),
      ],
      providers: [MakeThing],
    })
    class App {}

    const app = await NestFactory.createApplicationContext(App, { logger: false });
    const heard = Promise.withResolvers<string>();
    app.get(ServiceBus).onEvents([on(Made, async ({ id }) => heard.resolve(id))]);
    await app.get(ServiceBus).untilConsuming(AbortSignal.timeout(10_000));
    await app.get(Database).transaction((tx) =>
      app.get(Operations).start(tx, MakeThing, { id: 't' }, { on: { id: 't' }, by: { requestId: 'req-1' } }));
    expect(await heard.promise).toBe('t');
    const [operation] = await db.sql<{ state: string }>`SELECT state FROM operation`;
    expect(operation).toEqual({ state: 'succeeded' });
    expect(await app.get(Metrics).text()).toContain('virga_operation_seconds_count{kind="thing.make",state="succeeded"} 1');
    await expect(app.close()).resolves.toBeUndefined();
  });
});
