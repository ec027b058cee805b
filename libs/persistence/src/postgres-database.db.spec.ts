import { Bug, Conflict } from '@virga/kernel';
import { useDatabase } from '@virga/testing';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type Tx, DatabaseContended, fragment, json, nothing, onForeignKey, onUnique } from './index.js';

@Entity('owner')
class OwnerRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('bigint') bytes!: number;
  @Column('jsonb') tags!: Record<string, unknown>;
  @Column('text', { array: true }) labels!: string[];
  @Column('timestamptz') created_at!: Date;
}

@Entity('pet')
class PetRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') owner_id!: string;
}

const migrations = [{
  name: '0001-create-owner',
  up: `
    CREATE TABLE owner (
      id uuid PRIMARY KEY, name text NOT NULL, bytes bigint NOT NULL DEFAULT 0, tags jsonb NOT NULL DEFAULT '{}',
      labels text[] NOT NULL DEFAULT '{}', created_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT owner_name UNIQUE (name));
    CREATE TABLE pet (id uuid PRIMARY KEY, owner_id uuid NOT NULL, CONSTRAINT pet_owner FOREIGN KEY (owner_id) REFERENCES owner (id))`,
}];

const id = (last: number): string => `00000000-0000-4000-8000-${String(last).padStart(12, '0')}`;

describe('a database', () => {
  const reported: unknown[] = [];
  const db = useDatabase({ schema: 'persons', migrations, rows: [OwnerRow, PetRow], report: (_, error) => reported.push(error) });
  const add = (tx: Tx, last: number, name = `owner ${last}`): Promise<OwnerRow> => tx.insert(OwnerRow, { id: id(last), name });

  afterEach(() => db.sql`TRUNCATE owner, pet`);

  it('answers the stored row of an insert, with the types of its columns', async () => {
    const row = await db.transaction((tx) => tx.insert(OwnerRow, {
      id: id(1), name: 'Ada', bytes: 5_000_000_000, tags: { kind: ['a', null] }, labels: ['x', 'y'],
    }));
    expect(row).toEqual({
      id: id(1), name: 'Ada', bytes: 5_000_000_000, tags: { kind: ['a', null] }, labels: ['x', 'y'], created_at: expect.any(Date),
    });
    expect(await db.from(OwnerRow, 'o').where('o.name = :name', { name: 'Ada' }).getOne()).toEqual(row);
  });

  it('binds every value and composes optional parts', async () => {
    await db.transaction((tx) => tx.insertAll(OwnerRow, [1, 2, 3].map((last) => ({ id: id(last), name: `n${last}`, tags: { last } }))));
    const find = async (ids: string[], name?: string): Promise<string[]> => {
      const filter = name === undefined ? nothing : fragment`AND name = ${name}`;
      const rows = await db.sql<OwnerRow>`SELECT name FROM owner WHERE id = ANY(${ids}) ${filter} ORDER BY name`;
      return rows.map((row) => row.name);
    };
    expect(await find([id(1), id(3)])).toEqual(['n1', 'n3']);
    expect(await find([id(1), id(3)], 'n3')).toEqual(['n3']);
    expect(await find([id(1)], `'; DROP TABLE owner; --`)).toEqual([]);
    expect(await db.sql`SELECT name FROM owner WHERE tags @> ${json({ last: 2 })}`).toEqual([{ name: 'n2' }]);
    expect(await db.sql`SELECT ${null}::text AS missing, ${12n}::bigint AS big, ${[true]}::boolean[] AS list`).toEqual([{ missing: null, big: 12, list: [true] }]);
  });

  it('keeps numbers that do not fit as text', async () => {
    expect(await db.sql`SELECT 9007199254740993::bigint AS big, 0.1::numeric AS tenth, 12345678901234567890.5::numeric AS long, '{1,null}'::bigint[] AS list`)
      .toEqual([{ big: '9007199254740993', tenth: 0.1, long: '12345678901234567890.5', list: [1, null] }]);
  });

  it('keeps nothing of a transaction that failed', async () => {
    const work = db.transaction(async (tx) => {
      await add(tx, 1);
      throw new Conflict('test.conflict', 'No.');
    });
    await expect(work).rejects.toThrow(Conflict);
    expect(await db.sql`SELECT id FROM owner`).toEqual([]);
  });

  it('refuses a transaction after its end', async () => {
    const kept = await db.transaction(async (tx) => tx);
    await expect(kept.sql`SELECT 1`).rejects.toThrow(Bug);
    await expect(kept.from(OwnerRow, 'o').getMany()).rejects.toThrow(Bug);
    expect(() => kept.afterCommit(() => undefined)).toThrow(Bug);
  });

  it('refuses a transaction inside a transaction', async () => {
    await expect(db.transaction(() => db.transaction(async () => 1))).rejects.toMatchObject({ code: 'database.transaction.nested' });
  });

  it('refuses to call a transaction committed in which a statement failed', async () => {
    const work = db.transaction(async (tx) => {
      await add(tx, 1);
      await add(tx, 1).catch(() => undefined);
    });
    await expect(work).rejects.toMatchObject({ code: 'database.transaction.failed' });
    expect(await db.sql`SELECT id FROM owner`).toEqual([]);
  });

  it('translates violations by the name of the constraint', async () => {
    await db.transaction((tx) => add(tx, 1, 'Ada'));
    const taken = (): Conflict => new Conflict('owner.exists', 'There is one.');
    await expect(db.transaction((tx) => add(tx, 2, 'Ada').catch(onUnique('owner_name', taken)))).rejects.toMatchObject({ code: 'owner.exists' });
    await expect(db.transaction((tx) => add(tx, 2, 'Ada').catch(onUnique('other', taken)))).rejects.toMatchObject({ constraint: 'owner_name', sqlState: '23505' });
    const missing = db.transaction((tx) => tx.insert(PetRow, { id: id(1), owner_id: id(9) }).catch(onForeignKey('pet_owner', taken)));
    await expect(missing).rejects.toMatchObject({ code: 'owner.exists' });
  });

  it.each([
    ['a malformed uuid', () => db.sql`SELECT id FROM owner WHERE id = ${'laptop'}`],
    ['a character that PostgreSQL cannot store', () => db.sql`SELECT id FROM owner WHERE name = ${'a\u0000b'}`],
    ['a number out of range', () => db.sql`SELECT id FROM owner WHERE bytes = ${'99999999999999999999'}`],
    ['such a character in a document', () => db.sql`SELECT ${json('\u0000')}::jsonb`],
  ])('calls %s invalid, and keeps the connection', async (_, question) => {
    const [before] = await db.sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`;
    await expect(question()).rejects.toMatchObject({ kind: 'invalid', code: 'request.value.impossible' });
    expect(await db.sql`SELECT pg_backend_pid() AS pid`).toEqual([before]);
  });

  it('runs what waits for the commit once, only after it, and reports its errors', async () => {
    const seen: unknown[] = [];
    const isDone = Promise.withResolvers<void>();
    await db.transaction(async (tx) => {
      await add(tx, 1);
      tx.afterCommit(async () => {
        seen.push(await db.sql`SELECT name FROM owner`);
        isDone.resolve();
      });
      tx.afterCommit(() => { throw new Error('after'); });
    });
    await db.transaction(async (tx) => {
      tx.afterCommit(() => void seen.push('never'));
      throw new Error('no');
    }).catch(() => undefined);
    await isDone.promise;
    expect(seen).toEqual([[{ name: 'owner 1' }]]);
    expect(reported).toEqual([new Error('after')]);
  });

  it('runs deadlocked transactions again until each has had its turn', async () => {
    await db.transaction((tx) => tx.insertAll(OwnerRow, [1, 2].map((last) => ({ id: id(last), name: `n${last}` }))));
    let attempts = 0;
    const bothLocked = Promise.withResolvers<void>();
    const cross = (first: number, second: number): Promise<void> => db.transaction(async (tx) => {
      const attempt = ++attempts;
      await tx.sql`UPDATE owner SET bytes = bytes + 1 WHERE id = ${id(first)}`;
      if (attempt === 2) bothLocked.resolve();
      if (attempt <= 2) await bothLocked.promise;
      await tx.sql`UPDATE owner SET bytes = bytes + 1 WHERE id = ${id(second)}`;
    });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(attempts).toBeGreaterThan(2);
    expect(await db.sql`SELECT DISTINCT bytes FROM owner`).toEqual([{ bytes: 2 }]);
  });

  it('gives up on endless contention with a 503', async () => {
    let attempts = 0;
    const work = db.transaction(async (tx) => {
      attempts++;
      await tx.sql`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`;
    });
    await expect(work).rejects.toThrow(DatabaseContended);
    expect(attempts).toBe(8);
  });

  it('survives a change of a table whose statements are prepared', async () => {
    const read = (): Promise<object[]> => db.sql`SELECT * FROM pet`;
    const readInside = (): Promise<object[]> => db.transaction((tx) => tx.sql`SELECT  * FROM pet`);
    await Promise.all([read(), readInside()]);
    await db.sql`ALTER TABLE pet ADD COLUMN name text`;
    expect(await read()).toEqual([]);
    expect(await readInside()).toEqual([]);
    await db.sql`ALTER TABLE pet DROP COLUMN name`;
  });

  it('turns a statement that takes too long into a 503', async () => {
    const work = db.transaction(async (tx) => {
      await tx.sql`SET LOCAL statement_timeout = 20`;
      await tx.sql`SELECT pg_sleep(10)`;
    });
    await expect(work).rejects.toMatchObject({ code: 'database.unavailable' });
  });

  it('runs statements of one transaction one after the other, however they are asked', async () => {
    await db.transaction((tx) => Promise.all([1, 2, 3, 4].map((last) => add(tx, last))));
    expect(await db.sql`SELECT count(*) AS count FROM owner`).toEqual([{ count: 4 }]);
  });
});
