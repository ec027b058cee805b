import { fragment } from '@virga/persistence';
import type { Container } from '../containers/index.js';
import { useObjectStorage } from '../testing/index.js';
import { listArguments } from './list-arguments.js';
import type { ListQuery } from './list-query.js';
import { successor } from './successor.js';

interface Explained {
  'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number; 'Actual Rows': number } }];
}

describe('a list of many names', () => {
  const storage = useObjectStorage();

  /** `folders` folders with `each` objects in each, in a container of its own; and as many delete markers before and after. */
  async function filled(name: string, folders: number, each: number): Promise<Container> {
    const { container } = await storage.containers.create('AUTH_p', name, { metadata: {}, settings: { versioning: 'enabled' } });
    await storage.database.sql`
      INSERT INTO object (id, container_id, name, version, is_null_version, is_current, is_delete_marker, size_bytes, etag, content_type, metadata, settings, modified_at)
      SELECT gen_random_uuid(), ${container.id}, kind || '/' || lpad(folder::text, 6, '0') || '/' || lpad(file::text, 6, '0'), 1, false, true, kind <> 'm', 0, '', '', '{}', '{}', 1
      FROM unnest(ARRAY['a', 'm', 'z']) AS kind, generate_series(1, ${folders}::int) AS folder, generate_series(1, ${each}::int) AS file`;
    return container;
  }

  async function cost(container: Container, query: ListQuery): Promise<{ blocks: number; rows: number }> {
    const list = query.isReversed === true ? fragment`list_objects_backward` : fragment`list_objects`;
    const run = () => storage.database.sql<Explained>`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT subdir, (entry).* FROM ${list}(${container.id}, ${listArguments(query)})`;
    await run();
    const [explained] = await run();
    const { Plan: plan } = explained!['QUERY PLAN'][0];
    return { blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], rows: plan['Actual Rows'] };
  }

  const queries: [string, ListQuery][] = [
    ['the first page', { limit: 100 }],
    ['a page in the middle', { limit: 100, marker: 'm/000050/000001' }],
    ['the folders at the top', { limit: 100, delimiter: '/' }],
    ['the folders in a folder', { limit: 100, delimiter: '/', prefix: 'm/' }],
    ['the folders in a folder, backward', { limit: 100, delimiter: '/', prefix: 'm/', isReversed: true }],
    ['the last page, backward', { limit: 100, isReversed: true }],
    ['what is directly in a path', { limit: 10, path: 'm/000050' }],
  ];

  it.each(queries)('costs for %s what its own length costs, however many names there are', async (_what, query) => {
    const few = await storage.containers.find('AUTH_p', 'few') ?? await filled('few', 100, 10);
    const many = await storage.containers.find('AUTH_p', 'many') ?? await filled('many', 100, 500);
    await storage.database.sql`ANALYZE object`;
    const [small, large] = [await cost(few, query), await cost(many, query)];
    expect(large.rows).toBe(small.rows);
    // A look into an index of three levels or four, and a row or two of the table, for each entry at most.
    expect(large.blocks).toBeLessThan(12 * large.rows + 50);
  }, 120_000);

  it('compares with the text that follows all that begin with another', () => {
    expect(successor('a/')).toBe('a0');
    expect(successor('')).toBeUndefined();
    expect(successor('a\u{10ffff}')).toBe('b');
    expect(successor('\ud7ff')).toBe('\ue000');
    expect(successor('\u{10ffff}')).toBeUndefined();
  });
});
