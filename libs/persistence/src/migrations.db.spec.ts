import { createDatabase, useDatabase } from '@virga/testing';
import { type Migration, type PostgresDatabase, migrate, openDatabase } from './index.js';

const first: Migration = { name: '0001-create-note', up: 'CREATE TABLE note (text text NOT NULL)' };
const second: Migration = { name: '0002-fill-note', up: `INSERT INTO note VALUES ('one'); INSERT INTO note VALUES ('two')` };

describe('migrations', () => {
  const opened: PostgresDatabase[] = [];
  afterAll(() => Promise.all(opened.map((database) => database.close())));
  const template = useDatabase({ schema: 'empty', migrations: [], rows: [] });
  let schemas = 0;

  const openSchema = async (schema: string, statementTimeoutMs = 15_000): Promise<PostgresDatabase> => {
    const database = await openDatabase({ url: template.url, schema, applicationName: 'test', rows: [], statementTimeoutMs });
    opened.push(database);
    return database;
  };
  const newSchema = (): string => `notes_${'abcdefgh'[schemas++]}`;

  it('are applied once, in the order of the list', async () => {
    const db = await openSchema(newSchema());
    expect(await migrate(db, [first])).toEqual(['0001-create-note']);
    expect(await migrate(db, [first, second])).toEqual(['0002-fill-note']);
    expect(await migrate(db, [first, second])).toEqual([]);
    expect(await db.sql`SELECT text FROM note ORDER BY text`).toEqual([{ text: 'one' }, { text: 'two' }]);
  });

  it('are applied once although many replicas start together', async () => {
    const schema = newSchema();
    const db = await openSchema(schema);
    const others = await Promise.all([1, 2, 3, 4].map(() => openSchema(schema)));
    const applied = await Promise.all([db, ...others].map((replica) => migrate(replica, [first, second])));
    expect(applied.flat()).toEqual(['0001-create-note', '0002-fill-note']);
    expect(await db.sql`SELECT count(*) AS count FROM note`).toEqual([{ count: 2 }]);
  });

  it('leave nothing behind when they fail, not even of the failing one', async () => {
    const db = await openSchema(newSchema());
    const failing: Migration = { name: '0002-fail', up: `INSERT INTO note VALUES ('one'); INSERT INTO nowhere VALUES (1)` };
    await expect(migrate(db, [first, failing])).rejects.toMatchObject({ code: 'migration.failed', cause: { sqlState: '42P01' } });
    expect(await db.sql`SELECT text FROM note`).toEqual([]);
    expect(await migrate(db, [first, second])).toEqual(['0002-fill-note']);
  });

  it('may not change once applied, but their layout may', async () => {
    const db = await openSchema(newSchema());
    await migrate(db, [first]);
    expect(await migrate(db, [{ ...first, up: '\n  CREATE TABLE note\n    (text text NOT NULL)\n' }])).toEqual([]);
    await expect(migrate(db, [{ ...first, up: 'CREATE TABLE note (text text)' }])).rejects.toMatchObject({ code: 'migration.changed' });
  });

  it('may take longer than a statement may otherwise', async () => {
    const db = await openSchema(newSchema(), 50);
    const slow: Migration = { name: '0001-slow', up: 'SELECT pg_sleep(0.2)' };
    expect(await migrate(db, [slow])).toEqual(['0001-slow']);
    await expect(db.sql`SELECT pg_sleep(0.2)`).rejects.toMatchObject({ code: 'database.unavailable' });
  });

  it('of a newer release are left alone', async () => {
    const db = await openSchema(newSchema());
    await migrate(db, [first, second]);
    expect(await migrate(db, [first])).toEqual([]);
  });

  it('have different names', async () => {
    const db = await openSchema(newSchema());
    await expect(migrate(db, [first, first])).rejects.toMatchObject({ code: 'migration.repeated' });
  });

  it('build a template only once', async () => {
    const recipe = { schema: 'stamp', rows: [], migrations: [{ name: '0001-stamp', up: 'CREATE TABLE stamp AS SELECT clock_timestamp() AS at' }] };
    const [one, other] = await Promise.all([createDatabase(recipe), createDatabase(recipe)]);
    expect(await one.database.sql`SELECT at FROM stamp`).toEqual(await other.database.sql`SELECT at FROM stamp`);
    await one.database.sql`DELETE FROM stamp`;
    expect(await other.database.sql`SELECT count(*) AS count FROM stamp`).toEqual([{ count: 1 }]);
    await Promise.all([one.drop(), other.drop()]);
  });
});
