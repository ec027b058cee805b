import { emptyTables, tablesOf } from './empty-tables.js';
import { useDatabase } from './use-database.js';

describe('the emptying of tables', () => {
  const up = 'CREATE TABLE owner (id integer PRIMARY KEY); CREATE TABLE pet (owner_id integer REFERENCES owner); CREATE TABLE kind (name text)';
  const database = useDatabase({ schema: 'test', migrations: [{ name: '0001-tables', up }] });

  it('leaves nothing in them, in whatever order they refer to each other, and keeps the others', async () => {
    await database.sql`INSERT INTO owner VALUES (1)`;
    await database.sql`INSERT INTO pet VALUES (1)`;
    await database.sql`INSERT INTO kind VALUES ('cat')`;
    const tables = await tablesOf(database, 'test', ['kind']);
    expect(tables.sort()).toEqual(['test.owner', 'test.pet']);
    await emptyTables(database, tables);
    expect(await database.sql`SELECT (SELECT count(*) FROM owner) AS owners, (SELECT count(*) FROM pet) AS pets, (SELECT count(*) FROM kind) AS kinds`)
      .toEqual([{ owners: 0, pets: 0, kinds: 1 }]);
  });

  it('lets nothing be written afterwards that refers to what is gone', async () => {
    await emptyTables(database, ['owner', 'pet']);
    await expect(database.sql`INSERT INTO pet VALUES (7)`).rejects.toThrow();
  });
});
