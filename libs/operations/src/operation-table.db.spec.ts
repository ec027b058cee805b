import { milliseconds, minutes, newId, seconds } from '@virga/kernel';
import { openDatabase, type Database } from '@virga/persistence';
import { ManualClock, useDatabase } from '@virga/testing';
import { operationMigrations } from './migrations.js';
import { wakeKey, type OperationId } from './operation.js';
import { announceWait, claimDue, hasten, insertOperation, parkUntil, release, renewClaims, takeFromTheDead, wakeWaiting, type OperationRow } from './operation-table.js';

describe('the table of operations', () => {
  const db = useDatabase({ schema: 'test', migrations: operationMigrations });
  const clock = new ManualClock();
  const lease = seconds(30);
  const key = wakeKey('thing', 't1');

  const claim = (process: Database = db): Promise<OperationRow[]> => claimDue(process, { now: clock.now(), lease, limit: 1, known: ['thing.make/1'] });

  async function held(process: Database = db): Promise<OperationRow> {
    const id: OperationId = newId();
    const asked = { projectId: undefined, userId: undefined, requestId: 'req-1', params: {}, step: 'first', deadlineAt: clock.now() + minutes(10) };
    await db.transaction((tx) => insertOperation(tx, { id, kind: 'thing.make', version: 1, resourceType: 'thing', resourceId: id, ...asked }, clock.now()));
    const [row] = await claim(process);
    if (row?.id !== id) throw new Error('Something else is due.');
    return row;
  }

  const announce = (row: OperationRow): Promise<boolean> => db.transaction((tx) => announceWait(tx, row, key, clock.now() + lease));

  beforeEach(() => db.sql`TRUNCATE operation, operation_step`);

  describe('a renewal that was on its way while its worker let go', () => {
    it('does not put off what was woken meanwhile', async () => {
      const row = await held();
      await parkUntil(db, row, { key, until: clock.now() + minutes(1), now: clock.now() });
      await db.transaction((tx) => wakeWaiting(tx, key, clock.now()));
      expect([...await renewClaims(db, [row], clock.now() + lease)]).toEqual([]);
      expect((await claim()).map(({ id }) => id)).toEqual([row.id]);
    });

    it('does not put off what is to be repeated soon', async () => {
      const row = await held();
      await release(db, row, { dueAt: clock.now() + 250, attempts: 1, waitingFor: 'another attempt', now: clock.now() });
      expect([...await renewClaims(db, [row], clock.now() + lease)]).toEqual([]);
      clock.advance(milliseconds(250));
      expect((await claim()).map(({ id }) => id)).toEqual([row.id]);
    });
  });

  describe('what a process holds', () => {
    it('is taken from it once it is gone, and not before', async () => {
      const process = await openDatabase({ url: db.url, schema: 'test', applicationName: 'dying' });
      const row = await held(process);
      expect([await takeFromTheDead(db, clock.now()), await claim()]).toEqual([0, []]);
      await process.close();
      // Its sessions end a moment after it does.
      while ((await takeFromTheDead(db, clock.now())) === 0);
      expect((await claim()).map(({ id }) => id)).toEqual([row.id]);
    });

    it('is not taken while it waits for something', async () => {
      const process = await openDatabase({ url: db.url, schema: 'test', applicationName: 'dying' });
      await parkUntil(db, await held(process), { key, until: clock.now() + minutes(1), now: clock.now() });
      await process.close();
      expect([await takeFromTheDead(db, clock.now()), await claim()]).toEqual([0, []]);
    });
  });

  describe('news of a failure', () => {
    it('brings the next look forward, and only forward', async () => {
      const row = await held();
      await parkUntil(db, row, { key, until: clock.now() + minutes(1), now: clock.now() });
      for (const pause of [seconds(5), seconds(40)]) await db.transaction((tx) => hasten(tx, key, clock.now() + pause));
      expect(await claim()).toEqual([]);
      clock.advance(seconds(5));
      expect((await claim()).map(({ id }) => id)).toEqual([row.id]);
    });

    it('does not take it away from who looks at it', async () => {
      const row = await held();
      await announce(row);
      await db.transaction((tx) => hasten(tx, key, clock.now() + seconds(1)));
      clock.advance(seconds(2));
      expect(await claim()).toEqual([]);
    });
  });

  it('renews what its worker still holds', async () => {
    const row = await held();
    clock.advance(seconds(20));
    expect([...await renewClaims(db, [row], clock.now() + lease)]).toEqual([row.id]);
    clock.advance(seconds(29));
    expect(await claim()).toEqual([]);
  });
});
