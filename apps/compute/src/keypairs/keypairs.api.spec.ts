import { personas, type ApiAnswer } from '@virga/testing';
import { countStatements } from '@virga/persistence';
import { inVersion, useSharedComputeWorld } from '../testing/index.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMxRQQRrcWzxPHYVv8h4gNFcWmCUqzTjPQ6n0Zb0yK3j somebody@somewhere';

describe('key pairs', () => {
  const world = useSharedComputeWorld();

  const ask = (method: string, path: string, { as = 'alice', version = '2.93', body }: { as?: string; version?: string; body?: unknown } = {}): Promise<ApiAnswer> =>
    world().request({ as, method, url: `/v2.1/os-keypairs${path}`, headers: inVersion(version), ...(body !== undefined && { body }) });
  const create = (name: string, more: Record<string, unknown> = {}, options: { as?: string; version?: string } = {}): Promise<ApiAnswer> =>
    ask('POST', '', { ...options, body: { keypair: { name, public_key: KEY, ...more } } });
  const names = ({ body }: ApiAnswer): string[] => (body as { keypairs: { keypair: { name: string } }[] }).keypairs.map(({ keypair }) => keypair.name);

  it('are imported, shown and deleted with each version\'s statuses and fields', async () => {
    const made = await create('imported', {}, { version: '2.1' });
    expect(made).toMatchObject({ status: 200, body: { keypair: { name: 'imported', public_key: KEY, user_id: personas.alice.userId } } });
    expect((made.body as { keypair: { fingerprint: string } }).keypair.fingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
    expect(made.body).not.toHaveProperty('keypair.type');
    expect((await create('imported')).status).toBe(409);
    expect(await create('second', { type: 'ssh' })).toMatchObject({ status: 201, body: { keypair: { type: 'ssh' } } });
    expect((await ask('GET', '/imported')).body).toMatchObject({ keypair: { name: 'imported', type: 'ssh', id: expect.any(Number), deleted: false, deleted_at: null, updated_at: null } });
    expect((await ask('DELETE', '/imported', { version: '2.1' })).status).toBe(202);
    expect((await ask('DELETE', '/second')).status).toBe(204);
    expect((await ask('DELETE', '/second')).status).toBe(404);
  });

  it('are generated until 2.91, and told their private half once', async () => {
    const made = (await ask('POST', '', { version: '2.91', body: { keypair: { name: 'generated' } } })).body as { keypair: Record<string, string> };
    expect(made.keypair['private_key']).toContain('BEGIN RSA PRIVATE KEY');
    expect((await ask('GET', '/generated')).body).not.toHaveProperty('keypair.private_key');
    expect((await ask('POST', '', { body: { keypair: { name: 'other' } } })).status).toBe(400);
    const certificate = (await ask('POST', '', { version: '2.2', body: { keypair: { name: 'windows', type: 'x509' } } })).body as { keypair: Record<string, string> };
    expect(certificate.keypair).toMatchObject({ type: 'x509', public_key: expect.stringContaining('BEGIN CERTIFICATE') as string });
  });

  it('have names of letters, digits, blanks, dashes, and from 2.92 on also dots and at-signs', async () => {
    expect((await create('a.b@c', {}, { version: '2.91' })).status).toBe(400);
    expect((await create('a.b@c')).status).toBe(201);
    expect((await create('a/b')).status).toBe(400);
    expect((await create(' ab')).status).toBe(400);
    expect((await create('x'.repeat(256))).status).toBe(400);
    expect((await create('nonsense', { public_key: 'hello' })).status).toBe(400);
  });

  it('belong to a user: others do not see them, administrators name whose they mean', async () => {
    await create('hers', {}, { as: 'amy' });
    expect((await ask('GET', '/hers')).status).toBe(404);
    expect((await ask('GET', `/hers?user_id=${personas.amy.userId}`)).status).toBe(403);
    expect((await ask('GET', `/hers?user_id=${personas.amy.userId}`, { as: 'admin' })).status).toBe(200);
    expect((await ask('GET', `/hers?user_id=${personas.amy.userId}`, { as: 'admin', version: '2.9' })).status).toBe(404);
    expect((await create('given', { user_id: personas.amy.userId }, { as: 'admin' })).status).toBe(201);
    expect(names(await ask('GET', '', { as: 'amy' }))).toEqual(['given', 'hers']);
  });

  it('are listed by name in pages from 2.35 on', async () => {
    for (const name of ['c', 'a', 'b']) await create(name, {}, { as: 'bob' });
    const first = await ask('GET', '?limit=2', { as: 'bob' });
    expect(names(first)).toEqual(['a', 'b']);
    const next = new URL((first.body as { keypairs_links: { href: string }[] }).keypairs_links[0]?.href as string);
    expect(names(await world().request({ as: 'bob', method: 'GET', url: next.pathname + next.search, headers: inVersion('2.35') }))).toEqual(['c']);
    expect(names(await ask('GET', '?limit=2', { as: 'bob', version: '2.34' }))).toEqual(['a', 'b', 'c']);
    expect((await ask('GET', '?marker=zzz', { as: 'bob' })).status).toBe(400);
    expect((await countStatements(world().database, () => ask('GET', '', { as: 'bob' }))).count).toBe(1);
  });

  it('are limited for each user', async () => {
    await world().database.sql`INSERT INTO identity.registered_limit (id, service_id, resource_name, default_limit) VALUES ('keys', 'compute-service', 'key_pairs', 1)`;
    const answers = [await create('one', {}, { as: 'manager' }), await create('two', {}, { as: 'manager' })];
    await world().database.sql`DELETE FROM identity.registered_limit WHERE id = 'keys'`;
    expect(answers.map(({ status }) => status)).toEqual([201, 403]);
  });
});
