import { randomUUID } from 'node:crypto';
import { days, hours, minutes } from '@virga/kernel';
import { countStatements, type Reader } from '@virga/persistence';
import { ManualClock, useDatabase } from '@virga/testing';
import { HistoryKeeper, HistoryPruner, type PrunerParts } from './history-pruner.js';
import { operationMigrations } from './migrations.js';

class Servers extends HistoryKeeper {
  readonly resourceType = 'server';
  readonly asked: string[][] = [];

  async shown(_: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
    this.asked.push([...ids].sort());
    return new Set(ids.filter((id) => id.startsWith('here')));
  }
}

describe('history', () => {
  const db = useDatabase({ schema: 'test', migrations: operationMigrations });
  const clock = new ManualClock();
  let servers: Servers;

  beforeEach(async () => {
    await db.sql`TRUNCATE operation, operation_step, debt`;
    servers = new Servers();
  });

  const pruner = (parts: Partial<PrunerParts> = {}): HistoryPruner => {
    const made = new HistoryPruner({ db, clock, ...parts });
    made.register(servers);
    return made;
  };

  async function operation(resource: string, { age = days(31) as number, state = 'succeeded', type = 'server' } = {}): Promise<void> {
    const [at, id] = [new Date(clock.now() - age), randomUUID()];
    const isLive = state === 'running';
    await db.sql`
      INSERT INTO operation (id, kind, version, resource_type, resource_id, request_id, params, step, state, due_at, deadline_at, created_at, updated_at, finished_at)
      VALUES (${id}, 'k', 1, ${type}, ${resource}, 'req', '{}', 's', ${state}, ${isLive ? at : null}, ${at}, ${at}, ${at}, ${isLive ? null : at})`;
    await db.sql`INSERT INTO operation_step (operation_id, step, started_at, finished_at, outcome, attempts) VALUES (${id}, 's', ${at}, ${at}, 'done', 1)`;
  }
  const left = async () => (await db.sql<{ resource_id: string }>`SELECT resource_id FROM operation ORDER BY resource_id`).map((row) => row.resource_id);

  it('of what ended a month ago goes, with its steps, whatever became of it', async () => {
    for (const state of ['succeeded', 'failed', 'superseded']) await operation(`gone-${state}`, { state });
    await operation('recent', { age: days(30) - minutes(1) });
    expect(await pruner().prune()).toBe(3);
    expect(await left()).toEqual(['recent']);
    expect(await db.sql`SELECT FROM operation_step`).toHaveLength(1);
  });

  it('stays while its resource is shown, and while it is not over', async () => {
    await operation('here-1');
    await operation('gone-1');
    await operation('stuck', { state: 'running', age: days(90) });
    await operation('here-volume', { type: 'volume' });
    await pruner().prune();
    expect(await left()).toEqual(['here-1', 'stuck']);
    expect(servers.asked).toEqual([['gone-1', 'here-1']]);
  });

  it('is kept for as long as the operator says', async () => {
    await operation('old', { age: hours(25) });
    expect(await pruner({ keptFor: days(2) }).prune()).toBe(0);
    expect(await pruner({ keptFor: days(1) }).prune()).toBe(1);
  });

  it('is looked at once a round in turns of bounded size, with the same time of ending too', async () => {
    for (let index = 0; index < 7; index += 1) await operation(`${index % 2 === 0 ? 'here' : 'gone'}-${index}`);
    const round = pruner({ batch: 3 });
    expect(await round.prune()).toBe(3);
    expect(servers.asked.map((ids) => ids.length)).toEqual([3, 3, 1]);
    expect(new Set(servers.asked.flat()).size).toBe(7);
    expect(await round.prune()).toBe(0);
    expect(await left()).toEqual(['here-0', 'here-2', 'here-4', 'here-6']);
  });

  it('is pruned by any number of replicas at once', async () => {
    for (let index = 0; index < 40; index += 1) await operation(`${index % 4 === 0 ? 'here' : 'gone'}-${index}`, { age: days(31) + index });
    const removed = await Promise.all(Array.from({ length: 4 }, () => pruner({ batch: 7 }).prune()));
    expect(removed.reduce((sum, count) => sum + count)).toBe(30);
    expect(await left()).toHaveLength(10);
  });

  it('costs two statements where there is none', async () => {
    expect((await countStatements(db, () => pruner().prune())).count).toBe(2);
  });

  it('of paid debts goes too, that of unpaid ones does not', async () => {
    const debt = (paidAt: Date | null) => db.sql`
      INSERT INTO debt (id, backend, resource_type, resource_id, generation, created_at, due_at, paid_at)
      VALUES (${randomUUID()}, 'host:a', 'guest', ${randomUUID()}, 1, ${new Date(0)}, ${paidAt === null ? new Date(0) : null}, ${paidAt})`;
    await debt(new Date(clock.now() - days(31)));
    await debt(new Date(clock.now() - days(29)));
    await debt(null);
    expect(await pruner().prune()).toBe(1);
    expect(await db.sql`SELECT FROM debt`).toHaveLength(2);
  });
});
