import 'reflect-metadata';
import { Conflict, Forbidden, NotFound, Unavailable, hours, minutes } from '@virga/kernel';
import { ManualClock, useDatabase } from '@virga/testing';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type IdempotentRequest, IdempotentRequests, type StoredReply, type Tx, idempotencyMigrations } from './index.js';

const migrations = [...idempotencyMigrations, { name: '0001-create-note', up: 'CREATE TABLE note (text text NOT NULL); CREATE TABLE thing (id text PRIMARY KEY, name text)' }];

@Entity('thing')
class ThingRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
}

describe('requests with an idempotency key', () => {
  const reported: string[] = [];
  const db = useDatabase({ schema: 'notes', migrations, rows: [ThingRow], report: (event) => reported.push(event) });
  const clock = new ManualClock();
  let requests: IdempotentRequests;

  beforeAll(() => {
    requests = new IdempotentRequests(db, clock);
  });
  afterEach(() => db.sql`TRUNCATE note, thing, idempotency_key`);

  const aRequest = (change: Partial<IdempotentRequest> = {}): IdempotentRequest =>
    ({ key: 'e3b0', projectId: 'red', route: '/notes', requestHash: 'abc', ...change });
  const created = (secret = 'hunter2'): StoredReply => ({ status: 201, headers: { location: '/notes/1' }, body: { note: { id: 1, secret } } });
  const write = async (): Promise<StoredReply> => {
    await db.transaction((tx) => tx.sql`INSERT INTO note VALUES ('one')`);
    return created();
  };
  const notes = async (): Promise<number> => (await db.sql`SELECT text FROM note`).length;

  it('have one effect and the same answer', async () => {
    const first = await requests.run(aRequest(), write);
    const second = await requests.run(aRequest(), write);
    expect(first).toEqual(created());
    expect(second).toEqual({ ...created(), headers: { location: '/notes/1', 'idempotent-replayed': 'true' } });
    expect(await notes()).toBe(1);
  });

  it('are refused with another body or on another route', async () => {
    await requests.run(aRequest(), write);
    for (const change of [{ requestHash: 'xyz' }, { route: '/others' }]) {
      await expect(requests.run(aRequest(change), write)).rejects.toMatchObject({ code: 'request.idempotency.mismatch', status: 422 });
    }
    expect(await notes()).toBe(1);
  });

  it('of different projects or keys are different', async () => {
    for (const change of [{}, { projectId: 'blue' }, { key: 'e3b1' }]) await requests.run(aRequest(change), write);
    expect(await notes()).toBe(3);
  });

  it('may be repeated after a failure, which leaves nothing', async () => {
    const failing = (): Promise<StoredReply> => db.transaction(async (tx) => {
      await tx.sql`INSERT INTO note VALUES ('half')`;
      throw new Conflict('note.exists', 'No.');
    });
    await expect(requests.run(aRequest(), failing)).rejects.toMatchObject({ code: 'note.exists' });
    expect(await requests.run(aRequest(), write)).toEqual(created());
    expect(await notes()).toBe(1);
  });

  it('have one effect when they come at once; whoever is late gets the answer or a 409', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => requests.run(aRequest(), write)));
    expect(await notes()).toBe(1);
    const answers = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.status : (outcome.reason as Conflict).code));
    expect(answers).toContain(201);
    expect(new Set(answers)).toEqual(new Set([201, ...answers.filter((answer) => answer === 'request.idempotency.unfinished')]));
  });

  /** Does its work and never answers: what a process that dies after the commit leaves behind. */
  const begin = async (insert: (tx: Tx) => Promise<unknown>): Promise<void> => {
    const isCommitted = Promise.withResolvers<void>();
    void requests.run(aRequest(), async () => {
      await db.transaction(insert);
      isCommitted.resolve();
      return new Promise<never>(() => undefined);
    });
    await isCommitted.promise;
  };
  const insertThings = (...ids: string[]) => (tx: Tx) => tx.insertAll(ThingRow, ids.map((id) => ({ id, name: 'n' })));

  it('wait for an answer that may still come, and are told when it is lost; never are they carried out again', async () => {
    await begin((tx) => tx.sql`INSERT INTO note VALUES ('one')`);
    await expect(requests.run(aRequest(), write)).rejects.toMatchObject({ code: 'request.idempotency.unfinished', kind: 'conflict' });
    clock.advance(minutes(2));
    await expect(requests.run(aRequest(), write)).rejects.toMatchObject({ code: 'request.idempotency.answer-lost', status: 410 });
    await expect(requests.run(aRequest({ requestHash: 'xyz' }), write)).rejects.toMatchObject({ code: 'request.idempotency.mismatch' });
    expect(await notes()).toBe(1);
    clock.advance(hours(25));
    expect((await requests.run(aRequest(), write)).status).toBe(201);
  });

  it('are answered by what the lost request made', async () => {
    await begin(insertThings('thing-1'));
    const seen: unknown[] = [];
    const show = async (made: unknown): Promise<StoredReply> => {
      seen.push(made);
      return created('shown');
    };
    expect(await requests.run(aRequest(), write, show)).toEqual({ ...created('shown'), headers: { location: '/notes/1', 'idempotent-replayed': 'true' } });
    clock.advance(hours(3));
    expect((await requests.run(aRequest(), write, show)).status).toBe(201);
    expect(seen).toEqual([[{ table: 'thing', id: 'thing-1' }], [{ table: 'thing', id: 'thing-1' }]]);
    expect(await notes()).toBe(0);
  });

  it('are told the truth where what was made is gone, or is shown to others only', async () => {
    await begin(insertThings('thing-2'));
    clock.advance(minutes(2));
    for (const fault of [new NotFound('thing.unknown', 'No.'), new Forbidden('policy', 'No.')]) {
      await expect(requests.run(aRequest(), write, () => Promise.reject(fault))).rejects.toMatchObject({ code: 'request.idempotency.answer-lost' });
    }
    await expect(requests.run(aRequest(), write, () => Promise.reject(new Unavailable('away', 'Later.')))).rejects.toMatchObject({ code: 'away' });
  });

  it('need not wait for one that failed after its effect', async () => {
    const failing = async (): Promise<StoredReply> => {
      await write();
      throw new Unavailable('backend.away', 'The backend is away.');
    };
    await expect(requests.run(aRequest(), failing)).rejects.toMatchObject({ code: 'backend.away' });
    await expect(requests.run(aRequest(), write)).rejects.toMatchObject({ code: 'request.idempotency.answer-lost' });
    expect(await notes()).toBe(1);
  });

  it('remember what the first transaction that inserts rows inserts, and no more than a few', async () => {
    await requests.run(aRequest(), async () => {
      await write();
      await db.transaction(insertThings(...Array.from({ length: 40 }, (_, index) => `many-${index}`)));
      await db.transaction(insertThings('later'));
      return created();
    });
    const [row] = await db.sql<{ made: { id: string }[] }>`SELECT made FROM idempotency_key`;
    expect(row?.made.map(({ id }) => id)).toEqual(Array.from({ length: 16 }, (_, index) => `many-${index}`));
  });

  it('may use several transactions, after each other and at once', async () => {
    const reply = await requests.run(aRequest(), async () => {
      await Promise.all([write(), write()]);
      return write();
    });
    expect(reply.status).toBe(201);
    await requests.run(aRequest(), write);
    expect(await notes()).toBe(3);
  });

  it('are forgotten after a day, purged or not', async () => {
    await requests.run(aRequest(), write);
    await requests.run(aRequest({ key: 'other' }), write);
    clock.advance(hours(23));
    expect(await requests.purge()).toBe(0);
    clock.advance(hours(2));
    expect(await requests.run(aRequest(), write)).toEqual(created());
    expect(await notes()).toBe(3);
    expect(await requests.purge()).toBe(1);
    expect((await requests.run(aRequest(), write)).headers).toHaveProperty('idempotent-replayed');
  });

  it('leave nothing that somebody who reads the database could use', async () => {
    await requests.run(aRequest({ key: 'my-very-own-key', requestHash: 'hash-of-the-body' }), write);
    const [row] = await db.sql<{ row: string }>`SELECT idempotency_key::text || encode(reply, 'escape') AS row FROM idempotency_key`;
    expect(row?.row).not.toMatch(/hunter2|my-very-own-key|hash-of-the-body/);
  });

  it('are answered even where the answer cannot be kept', async () => {
    const spoiled = async (): Promise<StoredReply> => {
      await write();
      await db.sql`ALTER TABLE idempotency_key RENAME TO hidden`;
      return created();
    };
    expect(await requests.run(aRequest(), spoiled)).toEqual(created());
    await db.sql`ALTER TABLE hidden RENAME TO idempotency_key`;
    expect(reported).toEqual(['idempotency.reply.lost']);
  });
});
