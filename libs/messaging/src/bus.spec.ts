import { T, call, message } from '@virga/contract';
import { Conflict, Invalid, Unavailable, seconds, withRequestId } from '@virga/kernel';
import { silentLogger } from '@virga/observability';
import { useBroker } from '@virga/testing';
import { AgentBus } from './agent-bus.js';
import { seal } from './envelope.js';
import { answer, on, onReport } from './handlers.js';
import { ServiceBus } from './service-bus.js';
import { agentPermissions, commandQueue, type AgentAddress } from './topology.js';
import { Collected } from './collected.fixture.js';

const EnsureThing = message({ type: 'test.agent.ensure-thing', version: 1, body: T.Object({ id: T.String(), size: T.Integer() }) });
const ThingSeen = message({ type: 'test.agent.thing-seen', version: 1, body: T.Object({ id: T.String(), state: T.String() }) });
const Changed = message({ type: 'test.changed', version: 1, body: T.Object({ id: T.String() }) });
const Double = call({ type: 'test.double', version: 1, request: T.Object({ n: T.Integer() }), reply: T.Object({ n: T.Integer() }), deadline: seconds(5) });

describe('the bus', () => {
  const broker = useBroker();
  const opened: { close(signal: AbortSignal): Promise<void> }[] = [];
  const logger = silentLogger;
  const soon = (): AbortSignal => AbortSignal.timeout(10_000);

  afterEach(async () => {
    broker.port.restore();
    await Promise.all(opened.splice(0).map((bus) => bus.close(soon())));
  });

  async function service(name: string): Promise<ServiceBus> {
    const bus = new ServiceBus({ service: name, url: broker.url, logger });
    opened.push(bus);
    await bus.start();
    return bus;
  }

  async function agent(address: AgentAddress): Promise<AgentBus> {
    const permissions = agentPermissions(address);
    const url = await broker.addUser(permissions);
    const bus = new AgentBus({ ...address, url, logger });
    opened.push(bus);
    await bus.start();
    return bus;
  }

  it('carries a call to the service that answers it', async () => {
    const answering = await service('test');
    answering.answer([answer(Double, async ({ n }) => ({ n: n * 2 }))]);
    const asking = await service('asking');
    expect(await asking.calls.call(Double, { n: 21 }, { idempotencyKey: 'k', deadline: seconds(5) })).toEqual({ n: 42 });
  });

  it('carries the request id and the idempotency key with a call', async () => {
    const answering = await service('test');
    const seen: unknown[] = [];
    answering.answer([answer(Double, async ({ n }, { requestId, idempotencyKey }) => {
      seen.push({ requestId, idempotencyKey });
      return { n };
    })]);
    const asking = await service('asking');
    await withRequestId('req-1', () => asking.calls.call(Double, { n: 1 }, { idempotencyKey: 'op:step:1' }));
    expect(seen).toEqual([{ requestId: 'req-1', idempotencyKey: 'op:step:1' }]);
  });

  it('throws the fault that the other side threw, without its cause', async () => {
    const answering = await service('test');
    answering.answer([answer(Double, async () => {
      throw new Conflict('test.taken', 'It is taken.', { cause: new Error('secret'), details: { by: 'x' } });
    })]);
    const asking = await service('asking');
    const failed = await asking.calls.call(Double, { n: 1 }, { idempotencyKey: 'k' }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Conflict);
    expect(failed).toMatchObject({ code: 'test.taken', message: 'It is taken.', details: { by: 'x' } });
    expect((failed as Error).cause).toBeUndefined();
  });

  it('tells nothing of an unknown error', async () => {
    const answering = await service('test');
    answering.answer([answer(Double, async () => { throw new Error('password is 1234'); })]);
    const asking = await service('asking');
    const failed = await asking.calls.call(Double, { n: 1 }, { idempotencyKey: 'k' }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ kind: 'bug', code: 'internal' });
    expect(String(failed)).not.toContain('1234');
  });

  it('refuses a request that its contract refuses, at the answering side too', async () => {
    const answering = await service('test');
    answering.answer([answer(Double, async ({ n }) => ({ n }))]);
    const asking = await service('asking');
    const wider = { ...Double, request: T.Unknown() };
    await expect(asking.calls.call(wider, { n: 'one' }, { idempotencyKey: 'k' })).rejects.toBeInstanceOf(Invalid);
  });

  it('fails a call at its deadline when nobody answers in time', async () => {
    const answering = await service('test');
    const aborted = new Collected<boolean>();
    answering.answer([answer(Double, ({ n }, { signal }) => new Promise((resolve) => {
      signal.addEventListener('abort', () => { aborted.add(true); resolve({ n }); });
    }))]);
    const asking = await service('asking');
    await expect(asking.calls.call(Double, { n: 1 }, { idempotencyKey: 'k', deadline: 300 as never })).rejects.toMatchObject({ code: 'messaging.call.timed-out', kind: 'unavailable' });
    await aborted.untilCount(1);
  });

  it('fails a call at once when no such service was ever started', async () => {
    const asking = await service('asking');
    const Nobody = call({ type: 'nobody.asked', version: 1, request: T.Object({}), reply: T.Object({}) });
    await expect(asking.calls.call(Nobody, {}, { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'messaging.call.nobody-answers' });
  });

  it('fails a call with Unavailable at its deadline while the broker is down, and works again when it is back', async () => {
    const answering = await service('test');
    answering.answer([answer(Double, async ({ n }) => ({ n: n * 2 }))]);
    const asking = await service('asking');
    await asking.calls.call(Double, { n: 1 }, { idempotencyKey: 'k' });
    broker.port.cut();
    await expect(asking.calls.call(Double, { n: 1 }, { idempotencyKey: 'k', deadline: 400 as never })).rejects.toBeInstanceOf(Unavailable);
    broker.port.restore();
    expect(await asking.calls.call(Double, { n: 4 }, { idempotencyKey: 'k', deadline: seconds(5) })).toEqual({ n: 8 });
  });

  it('fails calls that wait for an answer as soon as the connection is lost', async () => {
    const answering = await service('test');
    const arrived = new Collected<number>();
    answering.answer([answer(Double, ({ n }, { signal }) => {
      arrived.add(n);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ n })));
    })]);
    const asking = await service('asking');
    const waiting = asking.calls.call(Double, { n: 1 }, { idempotencyKey: 'k', deadline: seconds(5) });
    await arrived.untilCount(1);
    broker.port.drop();
    await expect(waiting).rejects.toMatchObject({ code: 'messaging.unavailable' });
  });

  it('wakes every process that listens, and says when hints may have been missed', async () => {
    const [one, two] = [await service('one'), await service('two')];
    const woken = new Collected<string>();
    const resumed = new Collected<string>();
    one.wakeUps.listen(Changed, { woken: ({ id }) => woken.add(`one ${id}`), resumed: () => resumed.add('one') });
    two.wakeUps.listen(Changed, { woken: ({ id }) => woken.add(`two ${id}`), resumed: () => resumed.add('two') });
    await resumed.untilCount(2);
    await one.publisher.untilReady(soon());
    one.wakeUps.send(Changed, { id: 'x' });
    expect((await woken.untilCount(2)).toSorted()).toEqual(['one x', 'two x']);
    broker.port.drop();
    await resumed.untilCount(4);
  });

  it('gives an agent its commands with the rights of its own user, and the service its reports', async () => {
    const address = { host: 'node-1.example.org', agent: 'test-agent' };
    const boss = await service('test');
    await boss.declareAgent(address);
    const reports = new Collected<unknown>();
    boss.onReports('test-agent', [onReport(ThingSeen, async (body, { host, sequence }) => {
      reports.add({ ...body, host, hasSequence: sequence > 0 });
    })]);
    const worker = await agent(address);
    worker.obey({ commands: [on(EnsureThing, async ({ id }) => worker.reporter.report(ThingSeen, id, { id, state: 'there' }))] });
    await boss.publisher.untilReady(soon());
    await boss.publisher.publish({ exchange: '', key: commandQueue(address) }, seal(EnsureThing, { id: 'a', size: 1 }, Date.now()), { mandatory: true });
    expect(await reports.untilCount(1)).toEqual([{ id: 'a', state: 'there', host: 'node-1.example.org', hasSequence: true }]);
  });
});
