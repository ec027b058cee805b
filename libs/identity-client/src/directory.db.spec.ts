import { useDatabase } from '@virga/testing';
import { Directory } from './directory.js';
import { identityMigrations } from './migrations/index.js';

describe('Directory', () => {
  const db = useDatabase({ schema: 'identity', migrations: identityMigrations });
  const find = (shown: string) => new Directory(db).findProjectUser(shown);

  beforeAll(async () => {
    await db.sql`INSERT INTO project (id, name, is_domain, domain_id, parent_id, ancestors) VALUES
      ('default', 'Default', true, NULL, NULL, '{}'), ('d', 'corp', true, NULL, NULL, '{}'),
      ('p', 'demo', false, 'default', 'default', '{default}'), ('q', 'demo', false, 'd', 'd', '{d}'), ('r', 'a:b', false, 'default', 'default', '{default}'), ('s', 'a', false, 'default', 'default', '{default}')`;
    await db.sql`INSERT INTO "user" (id, domain_id, name) VALUES ('u', 'default', 'alice'), ('v', 'd', 'alice'), ('w', 'default', 'c'), ('x', 'default', 'b:c')`;
  });

  it('finds users of projects by the name that S3 shows, in their own domains only', async () => {
    expect(await find('demo:alice')).toEqual({ projectId: 'p', userId: 'u' });
    expect(await find('corp/demo:corp/alice')).toEqual({ projectId: 'q', userId: 'v' });
    expect(await find('corp/demo:alice')).toEqual({ projectId: 'q', userId: 'u' });
    for (const shown of ['demo:bob', 'demo', '', ':', 'Default/demo:Default/alice', 'demo:alice:', '/demo:/alice', 'alice:demo']) expect([shown, await find(shown)]).toEqual([shown, undefined]);
  });

  it('takes a name that could be two for none', async () => {
    expect(await find('a:b:c')).toBeUndefined();
    expect(await find('a:b:alice')).toEqual({ projectId: 'r', userId: 'u' });
  });
});
