import { Conflict, Invalid, Unavailable, minutes, newId, seconds, systemClock, type Duration, type Fault } from '@virga/kernel';
import type { Migration, Tx } from '@virga/persistence';
import { ManualClock, useDatabase } from '@virga/testing';
import { LostClaim } from './active-run.js';
import { Engine, type EngineParts } from './engine.js';
import { Kinds } from './kinds.js';
import { operationMigrations } from './migrations.js';
import { observeOperations, observeSteps, liveOperations } from './observation.js';
import { Operation, done, finish, park, step, wakeKey, type Outcome, type Run } from './operation.js';
import { OperationInProgress, Operations } from './operations.js';

const thingTable: Migration = {
  name: 'thing',
  up: 'CREATE TABLE thing (id text PRIMARY KEY, state text NOT NULL); CREATE TABLE fact (thing_id text PRIMARY KEY, power text NOT NULL)',
};

type Work = (run: Run<MakeThing>) => Promise<Outcome>;

/** What the steps do is chosen by each test. */
class MakeThing extends Operation<{ thingId: string }, { portId: string }> {
  readonly kind = 'thing.make';
  readonly version = 1;
  readonly deadline = minutes(10);
  override readonly grace = minutes(1);
  override readonly stepLimit: Duration = seconds(20);
  readonly log: string[] = [];
  works: Record<'first' | 'second', Work> = { first: async () => done(), second: async (run) => finish((tx) => this.become(tx, run, 'active')) };
  abandoning: (run: Run<MakeThing>, reason: Fault) => Promise<Outcome> = async (run) => finish((tx) => this.become(tx, run, 'error'));

  readonly steps = [
    step('first', (run) => this.perform('first', run)),
    step('second', (run) => this.perform('second', run)),
  ];

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    this.log.push(`abandon ${reason.code}`);
    return this.abandoning(run, reason);
  }

  async become(tx: Tx, run: Run<MakeThing>, state: string): Promise<void> {
    await tx.sql`INSERT INTO thing (id, state) VALUES (${run.params.thingId}, ${state}) ON CONFLICT (id) DO UPDATE SET state = ${state}`;
  }

  private async perform(name: 'first' | 'second', run: Run<MakeThing>): Promise<Outcome> {
    this.log.push(name);
    return this.works[name](run);
  }
}

class RemoveThing extends Operation<{ thingId: string }> {
  readonly kind = 'thing.remove';
  readonly version = 1;
  readonly deadline = minutes(1);
  readonly steps = [step('remove', async (run: Run<this>) => finish((tx) => tx.sql`DELETE FROM thing WHERE id = ${run.params.thingId}`))];

  async abandon(run: Run<this>): Promise<Outcome> {
    return finish((tx) => tx.sql`DELETE FROM thing WHERE id = ${run.params.thingId}`, 'succeeded');
  }
}

describe('the engine', () => {
  const db = useDatabase({ schema: 'test', migrations: [...operationMigrations, thingTable] });
  let clock: ManualClock;
  let make: MakeThing;
  let operations: Operations;
  let kinds: Kinds;

  beforeEach(async () => {
    await db.sql`TRUNCATE operation, operation_step, thing, fact`;
    clock = new ManualClock();
    kinds = new Kinds({ 'thing.remove': ['thing.make'] });
    make = new MakeThing();
    kinds.register(make);
    kinds.register(new RemoveThing());
    operations = new Operations(kinds, clock);
  });

  const engine = (more: Partial<EngineParts> = {}): Engine => new Engine({ db, kinds, operations, clock, random: () => 0, ...more });
  const start = (thingId = 't1'): Promise<string> => db.transaction((tx) =>
    operations.start(tx, MakeThing, { thingId }, { on: { id: thingId, projectId: 'p' }, by: { requestId: 'req-1', userId: 'u' } }));
  const remove = (thingId = 't1'): Promise<string> => db.transaction((tx) =>
    operations.start(tx, RemoveThing, { thingId }, { on: { id: thingId }, by: { requestId: 'req-2' } }));
  const stateOf = async (thingId = 't1'): Promise<string | undefined> => (await db.sql<{ state: string }>`SELECT state FROM thing WHERE id = ${thingId}`)[0]?.state;
  const only = async (id: string): Promise<Awaited<ReturnType<typeof observeOperations>>[number]> => {
    const found = (await observeOperations(db, { limit: 50 })).find((operation) => operation.id === id);
    if (found === undefined) throw new Error('no such operation');
    return found;
  };
  const finalState = async (id: string): Promise<string> => (await only(id)).state;

  it('runs the steps in order and finishes with the last change of the resource', async () => {
    const id = await start();
    await engine().settled();
    expect(make.log).toEqual(['first', 'second']);
    expect(await stateOf()).toBe('active');
    expect(await only(id)).toMatchObject({ state: 'succeeded', nextTry: undefined, worker: undefined, projectId: 'p', userId: 'u', requestId: 'req-1' });
  });

  it('keeps a history of ended steps', async () => {
    const id = await start();
    await engine().settled();
    const steps = (await observeSteps(db, [id as never])).get(id as never);
    expect(steps).toMatchObject([{ step: 'first', outcome: 'done', attempts: 1 }, { step: 'second', outcome: 'done', attempts: 1 }]);
  });

  it('hands outputs on to later steps and keeps them', async () => {
    make.works.first = async () => done({ portId: 'p-1' });
    const seen: unknown[] = [];
    make.works.second = async (run) => {
      seen.push(run.outputs.portId);
      return finish(async () => undefined);
    };
    await start();
    await engine().settled();
    expect(seen).toEqual(['p-1']);
  });

  it('repeats a step that fails for now, with growing pauses, and keeps the reason for those who look', async () => {
    let failures = 0;
    make.works.first = async () => {
      if (++failures <= 3) throw new Unavailable('test.busy', 'It is busy.');
      return done();
    };
    const id = await start();
    const worker = engine();
    const pauses: number[] = [];
    for (let look = 0; look < 3; look++) {
      await worker.settled();
      const { nextTry, waitingFor } = await only(id);
      expect(waitingFor).toBe('another attempt after: test.busy');
      pauses.push(nextTry! - clock.now());
      clock.advance((nextTry! - clock.now()) as Duration);
    }
    await worker.settled();
    expect(pauses).toEqual([250, 500, 1000]);
    expect(await finalState(id)).toBe('succeeded');
  });

  it('abandons at once what repeating cannot help', async () => {
    make.works.second = async () => { throw new Conflict('test.no-host', 'No host has room.'); };
    const id = await start();
    await engine().settled();
    expect(make.log).toEqual(['first', 'second', 'abandon test.no-host']);
    expect(await stateOf()).toBe('error');
    expect(await only(id)).toMatchObject({ state: 'failed', fault: { kind: 'conflict', code: 'test.no-host', message: 'No host has room.' } });
  });

  it('repeats a step that lost a compare-and-set', async () => {
    let isFirst = true;
    make.works.first = async () => {
      if (isFirst) {
        isFirst = false;
        throw new Conflict('thing.concurrent-update', 'Somebody was faster.');
      }
      return done();
    };
    const id = await start();
    const worker = engine();
    await worker.settled();
    clock.advance(seconds(1));
    await worker.settled();
    expect(await finalState(id)).toBe('succeeded');
  });

  it('gives an unknown error a few chances and tells its owner nothing of it', async () => {
    make.works.first = async () => { throw new TypeError('secret: undefined is not a function'); };
    const id = await start();
    const worker = engine();
    for (let look = 0; look < 8; look++) {
      await worker.settled();
      clock.advance(seconds(30));
    }
    expect(make.log.filter((entry) => entry === 'first')).toHaveLength(6);
    const operation = await only(id);
    expect(operation).toMatchObject({ state: 'failed', fault: { code: 'internal' } });
    expect(JSON.stringify(operation)).not.toContain('secret');
  });

  it('abandons at the deadline, with the last failure as the reason', async () => {
    make.works.first = async () => { throw new Unavailable('test.busy', 'It is busy.'); };
    const id = await start();
    const worker = engine();
    while ((await only(id)).state === 'running') {
      await worker.settled();
      clock.advance(seconds(30));
    }
    await worker.settled();
    expect(await only(id)).toMatchObject({ state: 'failed', fault: { code: 'test.busy' } });
    expect(clock.now() - (await only(id)).createdAt).toBeLessThanOrEqual(minutes(11));
  });

  it('tells an abandoning when its grace is over', async () => {
    make.works.first = async () => { throw new Invalid('test.bad', 'Bad.'); };
    const grace: boolean[] = [];
    make.abandoning = async (run) => {
      grace.push(run.graceIsOver);
      return run.graceIsOver ? finish((tx) => make.become(tx, run, 'error')) : park({ until: wakeKey('x'), atMost: seconds(40) });
    };
    const id = await start();
    const worker = engine();
    for (let look = 0; look < 4; look++) {
      await worker.settled();
      clock.advance(seconds(40));
    }
    expect(grace).toEqual([false, false, false, true]);
    expect(await finalState(id)).toBe('failed');
  });

  describe('parking', () => {
    beforeEach(() => {
      make.works.second = async (run) => {
        const [fact] = await run.db.sql`SELECT power FROM fact WHERE thing_id = ${run.params.thingId}`;
        if (fact === undefined) return park({ until: wakeKey('fact', run.params.thingId), atMost: seconds(30) });
        return finish((tx) => make.become(tx, run, 'active'));
      };
    });

    const report = (thingId = 't1'): Promise<void> => db.transaction(async (tx) => {
      await tx.sql`INSERT INTO fact (thing_id, power) VALUES (${thingId}, 'running')`;
      await operations.wake(tx, wakeKey('fact', thingId));
    });

    it('waits until it is woken', async () => {
      const id = await start();
      const worker = engine();
      await worker.settled();
      expect(await only(id)).toMatchObject({ state: 'running', waitingFor: 'fact:t1', worker: undefined, nextTry: clock.now() + 30_000 });
      await report();
      await worker.settled();
      expect(await finalState(id)).toBe('succeeded');
    });

    it('looks again by itself after its longest wait', async () => {
      const id = await start();
      const worker = engine();
      await worker.settled();
      await db.sql`INSERT INTO fact (thing_id, power) VALUES ('t1', 'running')`;
      await worker.settled();
      expect(await finalState(id)).toBe('running');
      clock.advance(seconds(30));
      await worker.settled();
      expect(await finalState(id)).toBe('succeeded');
    });

    it('does not miss a waking between its look and its wait', async () => {
      const second = make.works.second;
      let looks = 0;
      make.works.second = async (run) => {
        const outcome = await second(run);
        if (++looks === 1) await report();
        return outcome;
      };
      const id = await start();
      await engine().settled();
      expect(await finalState(id)).toBe('succeeded');
    });

    it('does not miss a waking while it looks again', async () => {
      const second = make.works.second;
      const id = await start();
      const worker = engine();
      await worker.settled();
      let looks = 0;
      make.works.second = async (run) => {
        const outcome = await second(run);
        if (++looks === 1) await report();
        return outcome;
      };
      clock.advance(seconds(30));
      await worker.settled();
      expect(await finalState(id)).toBe('succeeded');
    });

    it('does not miss a waking whose transaction is still open when the wait is announced', async () => {
      const id = await start();
      const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
      const { promise: hasWoken, resolve: woken } = Promise.withResolvers<void>();
      const reporting = db.transaction(async (tx) => {
        await tx.sql`INSERT INTO fact (thing_id, power) VALUES ('t1', 'running')`;
        await operations.wake(tx, wakeKey('fact', 't1'));
        woken();
        await mayCommit;
      });
      await hasWoken;
      const settled = engine().settled();
      // The announcement waits for the reporter, which is what is tested: it must not overtake it.
      while ((await db.sql`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`).length === 0);
      commit();
      await Promise.all([reporting, settled]);
      expect(await finalState(id)).toBe('succeeded');
    });
  });

  it('refuses a second operation on a resource, whoever asks for it', async () => {
    await start();
    await expect(start()).rejects.toBeInstanceOf(OperationInProgress);
    const { id } = [...(await liveOperations(db, 'thing', ['t1', 't2'])).values()][0]!;
    await expect(start()).rejects.toMatchObject({ code: 'operation.in-progress', details: { operation: id, kind: 'thing.make' } });
  });

  it('starts one of many operations that are started on one resource at once', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => start()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    expect(reasons.every((reason) => reason instanceof OperationInProgress)).toBe(true);
  });

  it('lets a removal overtake a creation, whose worker then changes nothing any more', async () => {
    const { promise: mayGoOn, resolve: goOn } = Promise.withResolvers<void>();
    const { promise: isRunning, resolve: running } = Promise.withResolvers<void>();
    const failures: unknown[] = [];
    make.works.first = async (run) => {
      running();
      await mayGoOn;
      await run.transaction((tx) => make.become(tx, run, 'building')).catch((error: unknown) => failures.push(error));
      return finish((tx) => make.become(tx, run, 'active'));
    };
    const id = await start();
    const worker = engine();
    const settled = worker.settled();
    await isRunning;
    const removal = await remove();
    goOn();
    await settled;
    await worker.settled();
    expect(failures).toEqual([expect.any(LostClaim)]);
    expect(await stateOf()).toBeUndefined();
    expect(await finalState(id)).toBe('superseded');
    expect(await finalState(removal)).toBe('succeeded');
  });

  it('leaves an operation that was overtaken after its last look alone', async () => {
    let removal: string | undefined;
    make.works.second = async (run) => {
      removal = await remove();
      return finish((tx) => make.become(tx, run, 'active'));
    };
    const id = await start();
    await engine().settled();
    expect(await stateOf()).toBeUndefined();
    expect([await finalState(id), await finalState(removal!)]).toEqual(['superseded', 'succeeded']);
  });

  it('takes over what a dead worker left, when its lease has run out', async () => {
    make.works.first = () => new Promise(() => undefined);
    const id = await start();
    // A dead worker does not look again: what its promise ends with, after the test's database is gone, is nobody's.
    engine().settled().catch(() => undefined);
    while ((await only(id)).worker === undefined);
    make.works.first = async () => done();
    const successor = engine();
    await successor.settled();
    expect(await finalState(id)).toBe('running');
    clock.advance(seconds(31));
    await successor.settled();
    expect(await finalState(id)).toBe('succeeded');
  });

  it('gives each of many operations to one worker, of several that look at once', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, () => start(newId())));
    await Promise.all([engine(), engine(), engine()].map((worker) => worker.settled()));
    expect(make.log.filter((entry) => entry === 'first')).toHaveLength(40);
    expect(new Set(await Promise.all(ids.map(finalState)))).toEqual(new Set(['succeeded']));
  });

  it('works on no more operations at once than it may', async () => {
    let running = 0;
    let most = 0;
    make.works.first = async () => {
      most = Math.max(most, ++running);
      await db.sql`SELECT 1`;
      running--;
      return done();
    };
    await Promise.all(Array.from({ length: 12 }, () => start(newId())));
    await engine({ concurrency: 3 }).settled();
    expect(most).toBe(3);
  });

  it('leaves operations of other releases alone', async () => {
    const id = await start();
    await db.sql`UPDATE operation SET version = 2`;
    await engine().settled();
    expect(await only(id)).toMatchObject({ state: 'running', worker: undefined });
    expect(make.log).toEqual([]);
  });

  it('gives up a step that hangs, and repeats it', async () => {
    class Impatient extends MakeThing {
      override readonly kind = 'thing.hurry' as never;
      override readonly stepLimit = 50 as Duration;
    }
    const impatient = new Impatient();
    kinds.register(impatient);
    impatient.works.first = () => new Promise(() => undefined);
    const id = await db.transaction((tx) => operations.start(tx, Impatient, { thingId: 'h' }, { on: { id: 'h' }, by: { requestId: 'r' } }));
    const worker = engine();
    await worker.settled();
    expect(await only(id)).toMatchObject({ state: 'running', attempts: 1, waitingFor: 'another attempt after: operation.step.timed-out' });
    impatient.works.first = async () => done();
    clock.advance(seconds(1));
    await worker.settled();
    expect(await finalState(id)).toBe('succeeded');
  });

  it('gives every repetition of a step the same idempotency key, and other steps others', async () => {
    const keys: string[] = [];
    make.works.first = async (run) => {
      keys.push(run.idempotencyKey(1));
      if (keys.length === 1) throw new Unavailable('x.y', 'later');
      return done();
    };
    make.works.second = async (run) => {
      keys.push(run.idempotencyKey(1));
      return finish(async () => undefined);
    };
    const id = await start();
    const worker = engine();
    await worker.settled();
    clock.advance(seconds(1));
    await worker.settled();
    expect(keys).toEqual([`${id}:first:1`, `${id}:first:1`, `${id}:second:1`]);
  });

  it('keeps its claim for as long as a step runs', async () => {
    const { promise: isSeen, resolve: seen } = Promise.withResolvers<void>();
    make.works.first = async () => {
      await isSeen;
      return done();
    };
    const live = new Operations(kinds);
    const options = { clock: systemClock, operations: live, lease: 90 as Duration };
    const [one, other] = [engine(options), engine(options)];
    one.start();
    const id = await db.transaction((tx) => live.start(tx, MakeThing, { thingId: 't1' }, { on: { id: 't1' }, by: { requestId: 'r' } }));
    while ((await only(id)).worker === undefined);
    const claimedUntil = (await only(id)).nextTry!;
    // Three leases later it is still the first worker's, although another has been looking all the time.
    while ((await only(id)).nextTry! < claimedUntil + 270) await other.settled();
    seen();
    while ((await only(id)).state !== 'succeeded');
    expect(make.log).toEqual(['first', 'second']);
    await one.stop(AbortSignal.timeout(5_000));
  });

  it('leaves what it has not begun to others when it stops, without waiting for the lease', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const { promise: isRunning, resolve: running } = Promise.withResolvers<void>();
    make.works.first = async () => {
      running();
      await mayEnd;
      return done();
    };
    const worker = engine();
    worker.start();
    const id = await start();
    await isRunning;
    const stopped = worker.stop(AbortSignal.timeout(5_000));
    end();
    await stopped;
    expect(await only(id)).toMatchObject({ state: 'running', step: 'second', worker: undefined, nextTry: clock.now() });
    await engine().settled();
    expect(await finalState(id)).toBe('succeeded');
  });

  it('tells a step that hangs at the stop to end, and lets another worker repeat it', async () => {
    const { promise: isRunning, resolve: running } = Promise.withResolvers<void>();
    make.works.first = async (run) => {
      running();
      return new Promise((_, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)));
    };
    const worker = engine();
    worker.start();
    const id = await start();
    await isRunning;
    await worker.stop(AbortSignal.timeout(50));
    expect(await only(id)).toMatchObject({ state: 'running', step: 'first', worker: undefined, attempts: 0, nextTry: clock.now() });
  });

  it('rejects in the database what must not be: a live operation without a due time', async () => {
    const id = await start();
    await expect(db.sql`UPDATE operation SET due_at = NULL WHERE id = ${id}`).rejects.toMatchObject({ constraint: 'operation_live_is_due' });
  });
});
