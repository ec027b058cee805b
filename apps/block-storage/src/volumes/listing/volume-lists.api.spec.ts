import { adminProject, demoProject } from '@virga/testing';
import { IMAGE, useBlockStorageWorld } from '../../testing/index.js';

interface Entry {
  id: string;
  name: string;
}

describe('lists of volumes', () => {
  const world = useBlockStorageWorld();

  async function found(query: string, options: { as?: string; version?: string } = {}): Promise<string[]> {
    return (await world().api<{ volumes: Entry[] }>('GET', `/volumes/detail?${query}`, undefined, options)).volumes.map(({ name }) => name).sort();
  }

  const refused = async (query: string, options: { as?: string; version?: string } = {}) => (await world().try('GET', `/volumes?${query}`, undefined, options)).status;

  it('are filtered by what users may filter by', async () => {
    await world().availableVolume({ name: 'one', size: 1, metadata: { Type: 'work', x: '1' } });
    const two = await world().availableVolume({ name: 'two', size: 2, imageRef: IMAGE });
    await world().api('PUT', `/volumes/${two}`, { volume: { metadata: { Type: 'play' } } });
    await world().act(two, { 'os-reset_status': { status: 'error' } }, { as: 'admin' });

    expect(await found('name=one')).toEqual(['one']);
    expect(await found('name~=o')).toEqual(['one', 'two']);
    expect(await found('name~=w')).toEqual(['two']);
    expect(await found('status=error')).toEqual(['two']);
    expect(await found("status=['error','available']")).toEqual(['one', 'two']);
    expect(await found('status=null')).toEqual([]);
    expect(await found('size=2')).toEqual(['two']);
    expect(await found('bootable=true')).toEqual(['two']);
    expect(await found("metadata={'Type': 'work'}")).toEqual(['one']);
    expect(await found('metadata={"Type": "work", "x": "2"}')).toEqual([]);
    expect(await found('availability_zone=nova')).toEqual(['one', 'two']);
    expect(await found('migration_status=None')).toEqual(['one', 'two']);
    expect(await found('consumes_quota=false')).toEqual([]);
    expect(await found("glance_metadata={'image_name': 'virga-linux'}", { as: 'admin', version: '3.4' })).toEqual([]);
    expect(await found("all_tenants=1&glance_metadata={'image_name': 'virga-linux'}", { as: 'admin' })).toEqual(['two']);
  });

  it('are filtered by times', async () => {
    const id = await world().availableVolume({ name: 'one' });
    const { created_at: created } = await world().volume(id) as { created_at: string };
    expect(await found(`created_at=eq:${created.slice(0, 19)}`)).toEqual(['one']);
    expect(await found(`created_at=gt:${created.slice(0, 19)},lt:2000-01-01`)).toEqual([]);
    expect(await found('updated_at=gte:2000-01-01T00:00:00Z')).toEqual(['one']);
    expect(await refused('created_at=around:2026-01-01')).toBe(400);
  });

  it('show administrators all projects, and what is where', async () => {
    await world().availableVolume({ name: 'hers' });
    await world().availableVolume({ name: 'admins' }, 'admin');
    expect(await found('', { as: 'admin' })).toEqual(['admins']);
    expect(await found('all_tenants=1', { as: 'admin' })).toEqual(['admins', 'hers']);
    expect(await found(`all_tenants=1&project_id=${demoProject}`, { as: 'admin' })).toEqual(['hers']);
    expect(await found(`project_id=${demoProject}`, { as: 'admin' })).toEqual([]);
    expect(await found('all_tenants=1&host=node-1@file', { as: 'admin' })).toEqual(['admins', 'hers']);
    expect(await found('all_tenants=1&host=node-2', { as: 'admin' })).toEqual([]);
    expect(await found('all_tenants=1', { as: 'alice' })).toEqual(['hers']);
    expect(adminProject).not.toBe(demoProject);
  });

  it('refuse filters that are not for users from 3.31 on, and pass over them before', async () => {
    await world().availableVolume({ name: 'one' });
    expect(await found('user_id=nobody', { version: '3.30' })).toEqual(['one']);
    expect(await world().try('GET', '/volumes?user_id=nobody', undefined, { version: '3.31' })).toMatchObject({
      status: 400, body: { badRequest: { message: 'Invalid filters user_id are found in query options.' } },
    });
  });

  it('are sorted by several keys, each in its direction', async () => {
    for (const [name, size] of [['b', 1], ['a', 1], ['c', 2]] as const) await world().availableVolume({ name, size });
    const order = async (query: string) => (await world().api<{ volumes: Entry[] }>('GET', `/volumes?${query}`)).volumes.map(({ name }) => name);
    expect(await order('sort=size:desc,name:asc')).toEqual(['c', 'a', 'b']);
    expect(await order('sort_key=name&sort_dir=desc')).toEqual(['c', 'b', 'a']);
    expect(await order('')).toEqual(['c', 'a', 'b']);
    expect(await order('limit=0')).toEqual([]);
    expect(await order('sort=name:asc&offset=1&limit=1')).toEqual(['b']);
    expect(await refused('sort=colour')).toBe(400);
    expect(await refused('sort=name:up')).toBe(400);
    expect(await refused('sort=name&sort_key=name')).toBe(400);
    expect(await refused('limit=-1')).toBe(400);
    expect(await refused('limit=many')).toBe(400);
    expect(await refused('marker=a1b2c3d4-0000-4000-8000-000000000000')).toBe(404);
  });

  it('say how many there are since 3.45', async () => {
    for (const name of ['a', 'b']) await world().availableVolume({ name });
    expect(await world().api('GET', '/volumes?limit=1&with_count=True')).toMatchObject({ count: 2, volumes: [{ name: 'b' }] });
    expect(await world().api('GET', '/volumes/detail?name=a&with_count=1')).toMatchObject({ count: 1 });
    expect(await world().api('GET', '/volumes?limit=1')).not.toHaveProperty('count');
    expect(await world().api('GET', '/volumes?with_count=True', undefined, { version: '3.30' })).not.toHaveProperty('count');
  });

  it('are summed up since 3.12', async () => {
    await world().availableVolume({ size: 1, metadata: { a: '1', b: '1' } });
    await world().availableVolume({ size: 2, metadata: { a: '2', b: '1' } });
    await world().availableVolume({ size: 4 }, 'bob');
    expect(await world().api('GET', '/volumes/summary')).toEqual({ 'volume-summary': { total_count: 2, total_size: 3, metadata: { a: ['1', '2'], b: ['1'] } } });
    expect(await world().api('GET', '/volumes/summary', undefined, { version: '3.12' })).toEqual({ 'volume-summary': { total_count: 2, total_size: 3 } });
    expect(await world().api('GET', '/volumes/summary?all_tenants=1', undefined, { as: 'admin' })).toMatchObject({ 'volume-summary': { total_count: 3, total_size: 7 } });
    expect((await world().try('GET', '/volumes/summary', undefined, { version: '3.11' })).status).toBe(404);
  });

  it('tell what they can be filtered by since 3.33', async () => {
    expect(await world().api('GET', '/resource_filters?resource=pool')).toEqual({ resource_filters: [{ resource: 'pool', filters: ['name', 'volume_type'] }] });
    expect(await world().api('GET', '/resource_filters')).toMatchObject({ resource_filters: expect.arrayContaining([expect.objectContaining({ resource: 'volume' })]) });
    expect((await world().try('GET', '/resource_filters', undefined, { version: '3.32' })).status).toBe(404);
  });

  it('show what a version knows and nothing else', async () => {
    const id = await world().availableVolume();
    const keys = async (version: string, as = 'alice') => Object.keys((await world().api<{ volume: object }>('GET', `/volumes/${id}`, undefined, { version, as })).volume);
    expect(await keys('3.0')).not.toEqual(expect.arrayContaining(['group_id']));
    expect(await keys('3.13')).toEqual(expect.arrayContaining(['group_id']));
    expect(await keys('3.47')).not.toContain('shared_targets');
    expect(await keys('3.48')).toEqual(expect.arrayContaining(['shared_targets', 'service_uuid']));
    expect(await keys('3.61')).not.toContain('cluster_name');
    expect(await keys('3.61', 'admin')).toContain('cluster_name');
    expect(await keys('3.62')).not.toContain('volume_type_id');
    expect(await keys('3.65')).toEqual(expect.arrayContaining(['volume_type_id', 'consumes_quota']));
    expect(await keys('3.70')).not.toContain('encryption_key_id');
  });
});
