import { useDatabase } from '@virga/testing';
import type { PostgresDatabase } from './index.js';

const migrations = [{ name: '0001-create-thing', up: 'CREATE TABLE thing (id integer PRIMARY KEY)' }];

/** How PostgreSQL finds one of few rows, which it knows to be few. */
async function planFor(db: PostgresDatabase): Promise<string> {
  await db.sql`INSERT INTO thing SELECT generate_series(1, 3)`;
  await db.sql`ANALYZE thing`;
  return (await db.sql<{ 'QUERY PLAN': string }>`EXPLAIN SELECT FROM thing WHERE id = 2`).map((line) => line['QUERY PLAN']).join('\n');
}

describe('the plan for a table that is small at the moment', () => {
  const usual = useDatabase({ schema: 'usual', migrations, rows: [] });
  const indexed = useDatabase({ schema: 'indexed', migrations, rows: [], prefersIndexes: true });

  it('reads all of it by default', async () => expect(await planFor(usual)).toContain('Seq Scan on thing'));

  it('is the one for when it has grown, where indexes are preferred', async () => expect(await planFor(indexed)).toMatch(/Index (Only )?Scan using thing_pkey/));
});
