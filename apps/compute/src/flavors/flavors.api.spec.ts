import { demoProject, otherProject, type ApiAnswer } from '@virga/testing';
import { countStatements } from '@virga/persistence';
import { inVersion, useSharedComputeWorld } from '../testing/index.js';

describe('flavors', () => {
  const world = useSharedComputeWorld();

  const ask = (method: string, path: string, { as = 'admin', version = '2.93', body }: { as?: string; version?: string; body?: unknown } = {}): Promise<ApiAnswer> =>
    world().request({ as, method, url: `/v2.1${path}`, headers: inVersion(version), ...(body !== undefined && { body }) });
  const create = async (id: string, more: Record<string, unknown> = {}): Promise<ApiAnswer> =>
    ask('POST', '/flavors', { body: { flavor: { id, name: `name ${id}`, ram: 256, vcpus: 2, disk: 3, ...more } } });
  const ids = ({ body }: ApiAnswer): string[] => (body as { flavors: { id: string }[] }).flavors.map(({ id }) => id);

  it('are made, shown in each version\'s shape, and deleted', async () => {
    expect(await create('one', { swap: '0', description: 'first', 'OS-FLV-EXT-DATA:ephemeral': 4 })).toMatchObject({
      status: 200, body: { flavor: { id: 'one', ram: 256, vcpus: 2, disk: 3, swap: 0, description: 'first', 'OS-FLV-EXT-DATA:ephemeral': 4, extra_specs: {}, rxtx_factor: 1 } },
    });
    const old = (await ask('GET', '/flavors/one', { as: 'alice', version: '2.1' })).body as { flavor: object };
    expect(old.flavor).toMatchObject({ id: 'one', swap: '', 'os-flavor-access:is_public': true, 'OS-FLV-DISABLED:disabled': false, links: [{ rel: 'self' }, { rel: 'bookmark' }] });
    expect(old.flavor).not.toHaveProperty('description');
    expect(old.flavor).not.toHaveProperty('extra_specs');
    expect((await ask('PUT', '/flavors/one', { body: { flavor: { description: null } } })).body).toMatchObject({ flavor: { description: null } });
    expect((await ask('PUT', '/flavors/one', { version: '2.54', body: { flavor: { description: null } } })).status).toBe(404);
    expect((await ask('DELETE', '/flavors/one')).status).toBe(202);
    expect((await ask('DELETE', '/flavors/one')).status).toBe(404);
    expect((await ask('GET', '/flavors/one')).status).toBe(404);
  });

  it('have ids and names of their own', async () => {
    await create('two');
    expect((await create('two', { name: 'other' })).status).toBe(409);
    expect((await create('three', { name: 'name two' })).status).toBe(409);
    expect((await create(' two')).status).toBe(400);
    expect((await create('three', { ram: 0 })).status).toBe(400);
    expect((await create('three', { vcpus: '2147483648' })).status).toBe(400);
    expect((await create('three', { rxtx_factor: '0.0' })).status).toBe(400);
    expect((await ask('POST', '/flavors', { body: { flavor: { name: 'numbered', id: 42, ram: '64', vcpus: '1', disk: '0' } } })).body).toMatchObject({ flavor: { id: '42' } });
    expect(((await ask('POST', '/flavors', { body: { flavor: { name: 'chosen', ram: 64, vcpus: 1, disk: 0 } } })).body as { flavor: { id: string } }).flavor.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('are listed filtered, sorted and in pages, in one statement', async () => {
    for (const [index, ram] of [100, 300, 200].entries()) await create(`p${index}`, { ram, disk: 50 + index });
    expect(ids(await ask('GET', '/flavors?minDisk=50&sort_key=memory_mb&sort_dir=desc'))).toEqual(['p1', 'p2', 'p0']);
    const first = await ask('GET', '/flavors?minDisk=50&limit=2');
    expect(ids(first)).toEqual(['p0', 'p1']);
    const next = (first.body as { flavors_links: { href: string }[] }).flavors_links[0]?.href as string;
    expect(ids(await world().request({ as: 'admin', method: 'GET', url: new URL(next).pathname + new URL(next).search }))).toEqual(['p2']);
    expect((await ask('GET', '/flavors?marker=nothing')).status).toBe(400);
    expect((await ask('GET', '/flavors?minRam=much')).status).toBe(400);
    expect((await ask('GET', '/flavors?colour=red')).status).toBe(400);
    expect((await ask('GET', '/flavors?colour=red', { version: '2.74' })).status).toBe(200);
    expect((await ask('GET', '/flavors?sort_key=colour')).status).toBe(400);
    expect((await countStatements(world().database, () => ask('GET', '/flavors/detail'))).count).toBe(1);
  });

  it('may be private: seen by administrators who ask and by projects that were given access', async () => {
    await create('secret', { 'os-flavor-access:is_public': false });
    const seen = async (as: string, query = ''): Promise<boolean> => ids(await ask('GET', `/flavors${query}`, { as })).includes('secret');
    expect([await seen('admin'), await seen('admin', '?is_public=False'), await seen('admin', '?is_public=None'), await seen('alice', '?is_public=None')]).toEqual([false, true, true, false]);
    expect((await ask('GET', '/flavors/secret', { as: 'alice' })).status).toBe(404);
    const action = (name: string, tenant: string, id = 'secret', version = '2.93') => ask('POST', `/flavors/${id}/action`, { version, body: { [name]: { tenant } } });
    expect(await action('addTenantAccess', demoProject)).toMatchObject({ status: 200, body: { flavor_access: [{ flavor_id: 'secret', tenant_id: demoProject }] } });
    expect((await action('addTenantAccess', demoProject)).status).toBe(409);
    expect((await action('addTenantAccess', 'nowhere')).status).toBe(400);
    expect((await action('addTenantAccess', demoProject, 'small')).status).toBe(409);
    expect((await action('addTenantAccess', demoProject, 'small', '2.6')).status).toBe(200);
    expect([await seen('alice'), await seen('bob')]).toEqual([true, false]);
    expect((await ask('GET', '/flavors/small/os-flavor-access')).status).toBe(404);
    expect((await action('removeTenantAccess', otherProject)).status).toBe(404);
    expect(await action('removeTenantAccess', demoProject)).toMatchObject({ status: 200, body: { flavor_access: [] } });
  });

  it('carry extra specs', async () => {
    await create('specced');
    const path = '/flavors/specced/os-extra_specs';
    expect(await ask('POST', path, { body: { extra_specs: { 'hw:cpu_policy': 'shared', count: 3 } } })).toMatchObject({ status: 200, body: { extra_specs: { 'hw:cpu_policy': 'shared', count: '3' } } });
    expect((await ask('PUT', `${path}/count`, { body: { count: '4' } })).body).toEqual({ count: '4' });
    expect((await ask('PUT', `${path}/count`, { body: { other: '4' } })).status).toBe(400);
    expect((await ask('GET', `${path}/count`, { as: 'alice' })).body).toEqual({ count: '4' });
    expect((await ask('GET', path, { as: 'alice' })).body).toEqual({ extra_specs: { 'hw:cpu_policy': 'shared', count: '4' } });
    expect((await ask('GET', '/flavors/specced', { as: 'guest' })).body).not.toHaveProperty('flavor.extra_specs');
    expect((await ask('DELETE', `${path}/count`)).status).toBe(200);
    expect((await ask('DELETE', `${path}/count`)).status).toBe(404);
    expect((await ask('GET', `${path}/toString`)).status).toBe(404);
  });
});
