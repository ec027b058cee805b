import { useDatabase } from '@virga/testing';
import { fc, runs } from '@virga/testing/fast-check';
import { type KeysetColumn, identifier, keyset, markerValues, reversed } from './index.js';

interface Thing {
  id: string;
  name: string;
  size: number | null;
  created_at: string;
}

const migrations = [{
  name: '0001-create-thing',
  up: 'CREATE TABLE thing (id text PRIMARY KEY, name text COLLATE "C" NOT NULL, size integer, created_at timestamptz NOT NULL)',
}];

/** Few different values, so that ties are the rule; times that differ by microseconds only. */
const things = fc.uniqueArray(fc.record({
  id: fc.stringMatching(/^[a-z]{1,3}$/),
  name: fc.constantFrom('a', 'b', 'ä', ''),
  size: fc.constantFrom(null, -1, 0, 7),
  created_at: fc.constantFrom('000001', '000002', '999999').map((micros) => `2025-01-01 00:00:00.${micros}+00`),
}), { selector: (thing) => thing.id, maxLength: 12 });

const direction = fc.constantFrom<'asc' | 'desc'>('asc', 'desc');
const orders = fc.tuple(
  fc.uniqueArray(fc.record({ column: fc.constantFrom('t.name', 't.size', 't.created_at'), direction }), { selector: (key) => key.column }),
  direction,
).map(([keys, last]): KeysetColumn[] => [
  ...keys.map((key) => ({ ...key, isNullable: key.column === 't.size' })),
  { column: 't.id', direction: last },
]);

function inOrder(list: readonly Thing[], columns: readonly KeysetColumn[]): string[] {
  const compare = (one: Thing, other: Thing): number => {
    for (const { column, direction } of columns) {
      const key = column.slice(2) as keyof Thing;
      const [a, b] = [one[key], other[key]];
      if (a === b) continue;
      const isLess = a === null || (b !== null && a < b);
      return isLess === (direction === 'asc') ? -1 : 1;
    }
    return 0;
  };
  return [...list].sort(compare).map((thing) => thing.id);
}

describe('keyset pages', () => {
  const db = useDatabase({ schema: 'things', migrations, rows: [] });

  const fill = async (list: readonly Thing[]): Promise<void> => {
    await db.sql`TRUNCATE thing`;
    for (const { id, name, size, created_at } of list) await db.sql`INSERT INTO thing VALUES (${id}, ${name}, ${size}, ${created_at})`;
  };

  const pages = async (columns: readonly KeysetColumn[], limit: number, markerFor: (id: string) => Promise<Parameters<typeof keyset>[1]>): Promise<string[]> => {
    const ids: string[] = [];
    for (let size = limit; size === limit;) {
      const last = ids.at(-1);
      const { after, order } = keyset(columns, last === undefined ? undefined : await markerFor(last));
      const page = await db.sql<{ id: string }>`SELECT t.id FROM thing t WHERE ${after} ORDER BY ${order} LIMIT ${limit}`;
      ids.push(...page.map((row) => row.id));
      size = page.length;
    }
    return ids;
  };

  it('show every row once, in order, wherever the pages are cut', async () => {
    await fc.assert(fc.asyncProperty(things, orders, fc.integer({ min: 1, max: 4 }), async (list, columns, limit) => {
      await fill(list);
      const expected = inOrder(list, columns);
      expect(await pages(columns, limit, async (id) => markerValues('thing', columns, { id }))).toEqual(expected);
      expect(await pages(reversed(columns), limit, async (id) => markerValues('thing', columns, { id }))).toEqual(expected.toReversed());
    }), { numRuns: runs(60) });
  });

  it('can be given the marker as values', async () => {
    await fc.assert(fc.asyncProperty(things, orders, async (list, columns) => {
      await fill(list);
      const marker = async (id: string): Promise<(string | number | null)[]> => {
        const thing = list.find((entry) => entry.id === id);
        return columns.map(({ column }) => thing?.[column.slice(2) as keyof Thing] ?? null);
      };
      expect(await pages(columns, 2, marker)).toEqual(inOrder(list, columns));
    }), { numRuns: runs(40) });
  });

  it('are answered from an index where all keys run the same way', async () => {
    await db.sql`TRUNCATE thing`;
    await db.sql`INSERT INTO thing SELECT i::text, 'n' || i % 1000, NULL, now() FROM generate_series(1, 20000) AS i`;
    await db.sql`CREATE INDEX thing_name_id ON thing (name, id)`;
    await db.sql`ANALYZE thing`;
    const columns: KeysetColumn[] = [{ column: 't.name', direction: 'asc' }, { column: 't.id', direction: 'asc' }];
    const { after, order } = keyset(columns, markerValues('thing', columns, { id: '9000' }));
    const plan = await db.sql<{ 'QUERY PLAN': string }>`EXPLAIN SELECT * FROM thing t WHERE ${after} ORDER BY ${order} LIMIT 10`;
    const text = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(text).toMatch(/Index Scan using thing_name_id/);
    expect(text).not.toMatch(/Sort/);
  });
});

it('refuses columns that are not plain names', () => {
  expect(() => keyset([{ column: 'id; DROP TABLE server', direction: 'asc' }])).toThrow(/not an identifier/);
  expect(() => identifier('a"b')).toThrow(/not an identifier/);
});
