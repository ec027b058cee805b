import { countStatements } from '@virga/persistence';
import { personas, type ApiAnswer } from '@virga/testing';
import { useComputeWorld } from '../testing/index.js';

type Listed = { servers: Record<string, unknown>[]; servers_links?: { rel: string; href: string }[] };

describe('lists of servers', () => {
  const world = useComputeWorld();
  const list = (query: string, more: { as?: string; version?: string; path?: string } = {}): Promise<ApiAnswer> => world().request({
    as: more.as ?? 'alice', method: 'GET', url: `/v2.1/${more.path ?? 'servers'}${query}`, headers: { 'openstack-api-version': `compute ${more.version ?? '2.93'}` },
  });
  const names = async (query: string, more: Parameters<typeof list>[1] = {}): Promise<unknown[]> => {
    const answer = await list(query, more);
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return (answer.body as Listed).servers.map(({ name }) => name);
  };
  const make = async (...servers: Record<string, unknown>[]): Promise<string[]> => {
    await world().unlimited();
    const ids: string[] = [];
    for (const server of servers) ids.push(await world().createServer(server));
    await world().settled();
    return ids;
  };

  it('hold a project\'s own servers, newest first, and everybody\'s for administrators who ask', async () => {
    await make({ name: 'one' }, { name: 'two' });
    await world().activeServer({ name: 'bobs' }, 'bob');
    expect(await names('')).toEqual(['two', 'one']);
    expect(await names('', { as: 'bob' })).toEqual(['bobs']);
    expect(await names('', { as: 'admin' })).toEqual([]);
    expect(await names('?all_tenants=1', { as: 'admin' })).toEqual(['bobs', 'two', 'one']);
    expect(await names(`?all_tenants=true&project_id=${personas.bob.projectId}`, { as: 'admin' })).toEqual(['bobs']);
    expect((await list('?all_tenants=1')).status).toBe(403);
    expect((await list('?all_tenants=maybe', { as: 'admin' })).status).toBe(400);
  });

  it('are paged with links that lead through all of it', async () => {
    await make(...['a', 'b', 'c', 'd', 'e'].map((name) => ({ name })));
    const seen: unknown[] = [];
    for (let url: string | undefined = '?limit=2&sort_key=display_name&sort_dir=asc'; url !== undefined;) {
      const body = (await list(url)).body as Listed;
      seen.push(body.servers.map(({ name }) => name));
      url = body.servers_links === undefined ? undefined : new URL(body.servers_links[0]?.href ?? '').search;
    }
    expect(seen).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(await list('?marker=99999999-9999-4999-8999-999999999999')).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('marker') } } });
    expect((await list('?limit=-1')).status).toBe(400);
    expect((await list('?limit=x')).status).toBe(400);
    expect(await names('?limit=0')).toHaveLength(5);
    expect(await names('?sort_key=display_name&sort_dir=desc&sort_key=created_at&sort_dir=asc')).toEqual(['e', 'd', 'c', 'b', 'a']);
  });

  it('are filtered by what the API reference names', async () => {
    const [first] = await make(
      { name: 'web-1', tags: ['red', 'big'], metadata: { a: 'b' } }, { name: 'web-2', tags: ['red'] }, { name: 'db-1', hostname: 'data', tags: ['blue'] },
    );
    await world().act(first as string, { 'os-stop': null });
    await world().settled();
    const server = await world().server(first as string);
    const [{ addr }] = (server['addresses'] as { private: [{ addr: string }] }).private;
    const cases: [string, unknown[]][] = [
      ['?name=web', ['web-2', 'web-1']], ['?name=^web-1$', ['web-1']], ['?status=shutoff', ['web-1']], ['?status=ACTIVE', ['db-1', 'web-2']],
      ['?status=ACTIVE&status=SHUTOFF', ['db-1', 'web-2', 'web-1']], ['?image=22222222-2222-4222-8222-222222222222', ['db-1', 'web-2', 'web-1']],
      ['?flavor=small', ['db-1', 'web-2', 'web-1']], ['?flavor=other', []], ['?tags=red', ['web-2', 'web-1']], ['?tags=red,big', ['web-1']],
      ['?tags-any=big,blue', ['db-1', 'web-1']], ['?not-tags=red', ['db-1']], ['?not-tags-any=big,blue', ['web-2']], [`?ip=^${addr.replaceAll('.', '\\.')}$`, ['web-1']],
      ['?hostname=data', ['db-1']], ['?locked=true', []], ['?power_state=4', ['web-1']], ['?vm_state=stopped', ['web-1']],
      ['?changes-since=2999-01-01T00:00:00Z', []], ['?changes-since=2000-01-01T00:00:00Z', ['db-1', 'web-2', 'web-1']], ['?changes-before=2000-01-01T00:00:00Z', []],
    ];
    for (const [query, expected] of cases) expect([query, await names(query)]).toEqual([query, expected]);
    expect(await names('?all_tenants=1&host=node-1', { as: 'admin' })).toHaveLength(3);
    expect(await names('?host=node-9')).toHaveLength(3);
  });

  it('refuse filters that mean nothing, in the version\'s way', async () => {
    expect((await list('?status=nonsense')).status).toBe(400);
    expect(await names('?status=nonsense', { version: '2.37' })).toEqual([]);
    expect((await list('?nonsense=1')).status).toBe(400);
    expect(await names('?nonsense=1', { version: '2.74' })).toEqual([]);
    expect((await list('?name=[')).status).toBe(400);
    expect((await list('?changes-since=yesterday')).status).toBe(400);
    expect((await list('?sort_dir=sideways')).status).toBe(400);
    expect((await list('?sort_key=memory_mb')).status).toBe(400);
    expect((await list('?sort_key=memory_mb', { version: '2.74' })).status).toBe(200);
  });

  it('show deleted servers to administrators, and in changes', async () => {
    const [gone] = await make({ name: 'gone' }, { name: 'here' });
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${gone}` });
    await world().settled();
    expect(await names('')).toEqual(['here']);
    expect((await list('?status=DELETED')).status).toBe(403);
    expect(await names('?status=DELETED&all_tenants=1', { as: 'admin' })).toEqual(['gone']);
    const changed = ((await list('/detail?changes-since=2000-01-01T00:00:00Z')).body as Listed).servers;
    expect(changed.map(({ name, status }) => [name, status])).toEqual([['here', 'ACTIVE'], ['gone', 'DELETED']]);
  });

  it('show each field only in its versions, and hosts only to administrators', async () => {
    await make({ name: 'web', description: 'mine' });
    const at = async (version: string, as = 'alice', query = ''): Promise<Record<string, unknown>> => ((await list(`/detail${query}`, { version, as })).body as Listed).servers[0] ?? {};
    const oldest = await at('2.1');
    expect(oldest).toMatchObject({ flavor: { id: 'small', links: [expect.anything()] }, config_drive: '', 'OS-EXT-AZ:availability_zone': 'nova', key_name: null });
    for (const later of ['locked', 'description', 'tags', 'trusted_image_certificates', 'locked_reason', 'server_groups', 'OS-EXT-SRV-ATTR:host', 'OS-EXT-SRV-ATTR:hostname']) {
      expect(oldest).not.toHaveProperty([later]);
    }
    expect(await at('2.47')).toMatchObject({ flavor: { original_name: 'm1.small', vcpus: 1, ram: 512, disk: 1, ephemeral: 0, swap: 0, extra_specs: {} }, description: 'mine' });
    expect((await at('2.47'))['flavor']).not.toHaveProperty('id');
    expect(await at('2.93')).toMatchObject({ 'OS-EXT-SRV-ATTR:hostname': 'web', locked_reason: null });
    expect(await at('2.93')).not.toHaveProperty(['OS-EXT-SRV-ATTR:host']);
    expect(await at('2.16', 'admin', '?all_tenants=1')).toMatchObject({ 'OS-EXT-SRV-ATTR:host': 'node-1', 'OS-EXT-SRV-ATTR:hypervisor_hostname': 'node-1.example', host_status: 'UP' });
    expect(await at('2.15', 'admin', '?all_tenants=1')).not.toHaveProperty('host_status');
  });

  it('cost the same number of statements however long they are', async () => {
    await make({ name: 'a', networks: 'none' });
    const one = await countStatements(world().database, () => list('/detail'));
    await make({ name: 'b', min_count: 20, max_count: 20 });
    const many = await countStatements(world().database, () => list('/detail'));
    expect((many.result.body as Listed).servers).toHaveLength(21);
    expect(many.count).toBe(one.count);
    expect(many.count).toBeLessThanOrEqual(2);
  });
});
