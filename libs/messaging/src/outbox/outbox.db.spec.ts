import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { T, message } from '@virga/contract';
import { Bug, withRequestId } from '@virga/kernel';
import { silentLogger } from '@virga/observability';
import { killRabbit, reviveRabbit, startRabbit, stopRabbit, testState, useBroker, useDatabase } from '@virga/testing';
import { AgentBus } from '../agent-bus.js';
import { Collected } from '../collected.fixture.js';
import { seal } from '../envelope.js';
import { on, onReport, type Delivery } from '../handlers.js';
import { ServiceBus } from '../service-bus.js';
import { agentPermissions } from '../topology.js';
import { Outbox, command, event } from './outbox.js';
import { OutboxRelay } from './outbox-relay.js';
import { outboxMigrations } from './migration.js';

const Happened = message({ type: 'test.happened', version: 1, body: T.Object({ number: T.Integer() }) });
const Renamed = message({ type: 'test.thing.renamed', version: 1, body: T.Object({ name: T.String() }) });
const EnsureThing = message({ type: 'test.agent.ensure-thing', version: 1, body: T.Object({ id: T.String(), generation: T.Integer() }) });
const Seen = message({ type: 'test.agent.seen', version: 1, body: T.Object({ host: T.String() }) });
const address = { host: 'node-1', agent: 'test-agent' };

describe('the outbox', () => {
  const db = useDatabase({ schema: 'test', migrations: outboxMigrations });
  const broker = useBroker();
  const ending: (() => Promise<void>)[] = [];

  afterEach(async () => {
    broker.port.restore();
    for (const end of ending.splice(0).reverse()) await end();
    await db.sql`TRUNCATE outbox`;
  });

  async function service(name: string, url = broker.url): Promise<ServiceBus> {
    const bus = new ServiceBus({ service: name, url, logger: silentLogger });
    ending.push(() => bus.close(AbortSignal.timeout(10_000)));
    await bus.start();
    return bus;
  }

  function relay({ broker: connection, publisher }: ServiceBus): Outbox {
    const outbox = new Outbox();
    const carrier = new OutboxRelay({ db, outbox, broker: connection, publisher });
    ending.push(() => carrier.stop());
    carrier.start();
    return outbox;
  }

  async function listener(name: string, url = broker.url): Promise<{ bus: ServiceBus; numbers: Collected<number> }> {
    const bus = await service(name, url);
    const numbers = new Collected<number>();
    bus.onEvents([on(Happened, async ({ number }) => numbers.add(number))]);
    await bus.untilConsuming(AbortSignal.timeout(10_000));
    return { bus, numbers };
  }

  const tell = (outbox: Outbox, ...numbers: number[]): Promise<void> =>
    db.transaction((tx) => outbox.add(tx, ...numbers.map((number) => event(Happened, { number }))));
  const waiting = async (): Promise<number> => (await db.sql<{ count: number }>`SELECT count(*) AS count FROM outbox`)[0]?.count ?? -1;
  const untilEmpty = async (): Promise<void> => {
    while ((await waiting()) > 0);
  };

  /** Resolves when every number from 1 has come; broken connections may bring some twice. */
  const untilAll = async (numbers: Collected<number>, count: number): Promise<void> => {
    while (new Set(numbers.entries).size < count) await numbers.untilCount(numbers.entries.length + 1);
    expect([...new Set(numbers.entries)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  };

  it('carries each event to the slice that named it, where several slices of a service name theirs', async () => {
    const bus = new ServiceBus({ service: 'slices', url: broker.url, logger: silentLogger });
    ending.push(() => bus.close(AbortSignal.timeout(10_000)));
    const [one, other] = [new Collected<number>(), new Collected<string>()];
    bus.onEvents([on(Happened, async ({ number }) => one.add(number))]);
    bus.onEvents([on(Renamed, async ({ name }) => other.add(name))]);
    await bus.start();
    await bus.untilConsuming(AbortSignal.timeout(10_000));
    const outbox = relay(await service('teller'));
    await tell(outbox, ...Array.from({ length: 10 }, (_, index) => index + 1));
    await db.transaction((tx) => outbox.add(tx, ...['a', 'b', 'c'].map((name) => event(Renamed, { name }))));
    expect((await one.untilCount(10)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, index) => index + 1));
    expect(await other.untilCount(3)).toEqual(['a', 'b', 'c']);
  });

  it('carries events to every service that listens, in their order, and keeps nothing', async () => {
    const [one, two] = [await listener('one'), await listener('two')];
    const outbox = relay(await service('teller'));
    await tell(outbox, 1, 2, 3);
    await tell(outbox, 4);
    expect(await one.numbers.untilCount(4)).toEqual([1, 2, 3, 4]);
    expect(await two.numbers.untilCount(4)).toEqual([1, 2, 3, 4]);
    await untilEmpty();
  });

  it('sends nothing of a transaction that was rolled back', async () => {
    const { numbers } = await listener('one');
    const outbox = relay(await service('teller'));
    const rolledBack = db.transaction(async (tx) => {
      await outbox.add(tx, event(Happened, { number: 1 }));
      throw new Error('changed my mind');
    });
    await expect(rolledBack).rejects.toThrow('changed my mind');
    await tell(outbox, 2);
    expect(await numbers.untilCount(1)).toEqual([2]);
  });

  it('refuses a body that its contract refuses, and the transaction with it', async () => {
    const outbox = new Outbox();
    await expect(db.transaction((tx) => outbox.add(tx, event(Happened, { number: 'one' as never })))).rejects.toBeInstanceOf(Bug);
  });

  it('carries the request id of the change', async () => {
    const bus = await service('one');
    const seen = new Collected<string>();
    bus.onEvents([on(Happened, async (_, { requestId }: Delivery) => seen.add(requestId))]);
    await bus.untilConsuming(AbortSignal.timeout(10_000));
    const outbox = relay(await service('teller'));
    await withRequestId('req-7', () => tell(outbox, 1));
    expect(await seen.untilCount(1)).toEqual(['req-7']);
  });

  it('delivers again what a handler could not do yet, and buries what it never can', async () => {
    const bus = await service('one');
    const tries = new Collected<number>();
    bus.onEvents([on(Happened, async ({ number }, { earlierTries }: Delivery) => {
      tries.add(number);
      if (number === 1 && earlierTries === 0) throw new Error('not yet');
    })]);
    await bus.untilConsuming(AbortSignal.timeout(10_000));
    const before = await bus.deadLetters();
    const outbox = relay(await service('teller'));
    await tell(outbox, 1);
    await tries.untilCount(2);
    const wrong = { ...seal(Happened, { number: 1 }, Date.now()), body: { number: 'one' } };
    await bus.publisher.publish({ exchange: 'virga.events', key: Happened.type }, wrong);
    while ((await bus.deadLetters()) !== before + 1);
    expect(tries.entries).toEqual([1, 1]);
  });

  it('keeps what cannot be sent while the broker is away, and sends it when it is back', async () => {
    const { numbers } = await listener('one');
    const outbox = relay(await service('teller'));
    await tell(outbox, 1);
    await numbers.untilCount(1);
    broker.port.cut();
    await Promise.all(Array.from({ length: 20 }, (_, index) => tell(outbox, index + 2)));
    expect(await waiting()).toBeGreaterThan(0);
    broker.port.restore();
    await untilEmpty();
    await untilAll(numbers, 21);
  });

  it('loses nothing while connections break again and again', async () => {
    const { numbers } = await listener('one');
    const outbox = relay(await service('teller'));
    for (let round = 0; round < 10; round++) {
      const telling = Promise.all(Array.from({ length: 20 }, (_, index) => tell(outbox, round * 20 + index + 1)));
      broker.port.drop();
      await telling;
    }
    await untilEmpty();
    await untilAll(numbers, 200);
  });

  it('lets many relays share the work without sending anything twice', async () => {
    const { numbers } = await listener('one');
    const outboxes = await Promise.all(['a', 'b', 'c'].map(async (name) => relay(await service(name))));
    await Promise.all(Array.from({ length: 150 }, (_, index) => tell(outboxes[index % 3]!, index)));
    await untilEmpty();
    const received = await numbers.untilCount(150);
    expect([...received].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 150 }, (_, index) => index));
  });

  it('drops a command for a host that is gone instead of keeping everything else waiting', async () => {
    const { numbers } = await listener('one');
    const outbox = relay(await service('teller'));
    await db.transaction((tx) => outbox.add(tx, command(EnsureThing, { id: 'a', generation: 1 }, { host: 'gone', agent: 'test-agent' }), event(Happened, { number: 1 })));
    await numbers.untilCount(1);
    await untilEmpty();
  });

  it('forgets commands that have expired, and troubles nobody with them', async () => {
    const boss = await service('boss');
    const absent = { host: 'asleep', agent: 'test-agent' };
    await boss.declareAgent(absent);
    await boss.publisher.untilReady(AbortSignal.timeout(10_000));
    const before = await boss.deadLetters();
    const queue = `queues/${encodeURIComponent(broker.virtualHost)}/host.asleep.test-agent`;
    await boss.publisher.publish({ exchange: '', key: 'host.asleep.test-agent' }, seal(EnsureThing, { id: 'a', generation: 1 }, 0), { expiration: 1 });
    await boss.publisher.publish({ exchange: '', key: 'host.asleep.test-agent' }, seal(EnsureThing, { id: 'b', generation: 1 }, 0));
    while ((await broker.manage('GET', queue) as { messages?: number }).messages !== 1);
    expect(await boss.deadLetters()).toBe(before);
  });

  it('keeps commands for an agent that is away, and gives them to it in order', async () => {
    const boss = await service('boss');
    await boss.declareAgent(address);
    const outbox = relay(boss);
    for (let generation = 1; generation <= 5; generation++) {
      await db.transaction((tx) => outbox.add(tx, command(EnsureThing, { id: 'a', generation }, address)));
    }
    await untilEmpty();
    const agent = new AgentBus({ ...address, url: await broker.addUser(agentPermissions(address)), logger: silentLogger });
    ending.push(() => agent.close(AbortSignal.timeout(10_000)));
    const generations = new Collected<number>();
    agent.obey({ commands: [on(EnsureThing, async ({ generation }) => generations.add(generation))], inOrderOf: ({ body }) => (body as { id: string }).id });
    await agent.start();
    expect(await generations.untilCount(5)).toEqual([1, 2, 3, 4, 5]);
  });

  describe('when the broker is killed', () => {
    const directory = join(testState(), 'rabbitmq-to-be-killed');
    const url = async (): Promise<string> => `amqp://virga:virga@127.0.0.1:${(await startRabbit(directory)).amqpPort}/`;
    beforeAll(() => startRabbit(directory).then(() => undefined), 120_000);
    afterAll(() => stopRabbit(directory));

    it('loses neither what waits in the outbox nor what the broker had confirmed, and everybody goes on', async () => {
      const boss = await service('boss', await url());
      await boss.declareAgent(address);
      const { numbers } = await listener('killed', await url());
      const outbox = relay(boss);
      await tell(outbox, 1);
      await numbers.untilCount(1);
      for (let generation = 1; generation <= 20; generation++) {
        await db.transaction((tx) => outbox.add(tx, command(EnsureThing, { id: 'a', generation }, address)));
      }
      await untilEmpty();
      await killRabbit(directory);
      await Promise.all(Array.from({ length: 30 }, (_, index) => tell(outbox, index + 2)));
      await reviveRabbit(directory);
      await untilAll(numbers, 31);
      await untilEmpty();
      const agent = new AgentBus({ ...address, url: await url(), logger: silentLogger });
      ending.push(() => agent.close(AbortSignal.timeout(10_000)));
      const generations = new Collected<number>();
      agent.obey({ commands: [on(EnsureThing, async ({ generation }) => generations.add(generation))] });
      await agent.start();
      await untilAll(generations, 20);
    }, 120_000);

    it('makes everything anew on a broker that has lost its disk, the queues of agents that report included', async () => {
      const boss = await service('boss', await url());
      boss.onReports('test-agent', [onReport(Seen, async () => undefined)]);
      await boss.publisher.untilReady(AbortSignal.timeout(10_000));
      const { bus, numbers } = await listener('forgotten', await url());
      const outbox = relay(boss);
      await reviveEmpty();
      await Promise.all([bus.untilConsuming(AbortSignal.timeout(20_000)), boss.untilConsuming(AbortSignal.timeout(20_000)), boss.publisher.untilReady(AbortSignal.timeout(20_000))]);
      await tell(outbox, 1);
      await numbers.untilCount(1);
      const agent = new AgentBus({ host: 'known', agent: 'test-agent', url: await url(), logger: silentLogger });
      ending.push(() => agent.close(AbortSignal.timeout(10_000)));
      const generations = new Collected<number>();
      agent.obey({ commands: [on(EnsureThing, async ({ generation }) => generations.add(generation))] });
      await agent.start();
      agent.reporter.report(Seen, 'known', { host: 'known' });
      await agent.untilConsuming(AbortSignal.timeout(20_000));
      await db.transaction((tx) => outbox.add(tx, command(EnsureThing, { id: 'a', generation: 1 }, { host: 'known', agent: 'test-agent' })));
      await generations.untilCount(1);
    }, 120_000);

    /** The node dies, and so does its disk; ports and users are as before. */
    async function reviveEmpty(): Promise<void> {
      await killRabbit(directory);
      for (const entry of readdirSync(join(directory, 'mnesia'))) rmSync(join(directory, 'mnesia', entry), { recursive: true });
      await reviveRabbit(directory);
    }
  });
});
