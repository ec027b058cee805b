import { newId, seconds } from '@virga/kernel';
import { SimulatedStorageHost, useBlockStorageWorld, type BlockStorageWorld } from '../testing/index.js';

const NOBODY = '99999999-9999-4999-8999-999999999999';

interface Named {
  id: string;
  name: string;
}

async function groupType(world: BlockStorageWorld, specs: Record<string, string> = {}): Promise<string> {
  const made = await world.api<{ group_type: { id: string } }>('POST', '/group_types', { group_type: { name: newId(), group_specs: specs } }, { as: 'admin' });
  return made.group_type.id;
}

async function defaultType(world: BlockStorageWorld): Promise<string> {
  const [row] = await world.database.sql<{ id: string }>`SELECT id FROM volume_type WHERE name = '__DEFAULT__' AND deleted_at IS NULL`;
  return row?.id ?? '';
}

async function makeGroup(world: BlockStorageWorld, { name = 'web', specs = {} }: { name?: string; specs?: Record<string, string> } = {}): Promise<string> {
  const body = { group: { name, group_type: await groupType(world, specs), volume_types: ['__DEFAULT__'] } };
  return (await world.api<{ group: { id: string } }>('POST', '/groups', body)).group.id;
}

const show = async (world: BlockStorageWorld, id: string): Promise<Record<string, unknown>> =>
  (await world.api<{ group: Record<string, unknown> }>('GET', `/groups/${id}?list_volume=true`)).group;

async function snapshotOf(world: BlockStorageWorld, group: string): Promise<string> {
  const made = await world.api<{ group_snapshot: { id: string } }>('POST', '/group_snapshots', { group_snapshot: { group_id: group, name: 'before' } });
  await world.settled();
  return made.group_snapshot.id;
}

describe('group types', () => {
  const world = useBlockStorageWorld();
  const listed = async (query: string, as = 'admin'): Promise<string[]> =>
    (await world().api<{ group_types: Named[] }>('GET', `/group_types${query}`, undefined, { as })).group_types.map(({ name }) => name);

  it('are made, changed, shown and deleted by administrators', async () => {
    const wish = { name: 'gold', description: 'fast', is_public: true, group_specs: { consistent_group_snapshot_enabled: '<is> False' } };
    const answer = await world().try('POST', '/group_types', { group_type: wish }, { as: 'admin' });
    expect(answer).toMatchObject({ status: 202, body: { group_type: wish } });
    const { id } = (answer.body as { group_type: { id: string } }).group_type;
    expect((await world().try('POST', '/group_types', { group_type: wish }, { as: 'admin' })).status).toBe(409);
    expect((await world().try('POST', '/group_types', { group_type: { name: 'x' } })).status).toBe(403);
    expect((await world().try('PUT', `/group_types/${id}`, { group_type: {} }, { as: 'admin' })).status).toBe(400);
    expect(await world().api('PUT', `/group_types/${id}`, { group_type: { name: 'silver' } }, { as: 'admin' })).toMatchObject({ group_type: { name: 'silver', description: 'fast' } });
    expect(await world().api('GET', `/group_types/${id}`)).toEqual({ group_type: { id, name: 'silver', description: 'fast', is_public: true } });
    expect((await world().try('GET', `/group_types/${id}`, undefined, { version: '3.10' })).status).toBe(404);
    expect((await world().try('DELETE', `/group_types/${id}`, undefined, { as: 'admin' })).status).toBe(202);
    expect((await world().try('GET', `/group_types/${id}`)).status).toBe(404);
  });

  it('have a default where the type that the configuration names is there', async () => {
    expect(await world().try('GET', '/group_types/default')).toMatchObject({ status: 404, body: { itemNotFound: { message: 'Default group type can not be found.' } } });
    const { group_type: { id } } = await world().api<{ group_type: { id: string } }>('POST', '/group_types', { group_type: { name: 'standard' } }, { as: 'admin' });
    expect(await world().api('GET', '/group_types/default')).toMatchObject({ group_type: { id, name: 'standard' } });
  });

  it('are listed in the order and of the publicity that is asked for', async () => {
    for (const [name, isPublic] of [['a', true], ['b', false]] as const) await world().api('POST', '/group_types', { group_type: { name, is_public: isPublic } }, { as: 'admin' });
    expect(await listed('?sort=name:asc&is_public=None')).toEqual(['a', 'b']);
    expect(await listed('?sort=name:desc&is_public=None')).toEqual(['b', 'a']);
    expect(await listed('?is_public=False')).toEqual(['b']);
    expect(await listed('')).toEqual(['a']);
    expect(await listed('?is_public=None', 'alice')).toEqual(['a']);
  });

  it('have specs', async () => {
    const path = `/group_types/${await groupType(world())}/group_specs`;
    const as = { as: 'admin' };
    expect(await world().try('POST', path, { group_specs: { key1: 'value1', key2: 'value2' } }, as)).toMatchObject({ status: 202, body: { group_specs: { key1: 'value1', key2: 'value2' } } });
    expect(await world().api('POST', path, { group_specs: { key2: 'new' } }, as)).toEqual({ group_specs: { key2: 'new' } });
    expect(await world().api('GET', `${path}/key2`, undefined, as)).toEqual({ key2: 'new' });
    expect(await world().api('PUT', `${path}/key3`, { key3: 'three' }, as)).toEqual({ key3: 'three' });
    expect((await world().try('PUT', `${path}/key3`, { key4: 'four' }, as)).status).toBe(400);
    expect(await world().api('GET', path, undefined, as)).toEqual({ group_specs: { key1: 'value1', key2: 'new', key3: 'three' } });
    expect((await world().try('DELETE', `${path}/key1`, undefined, as)).status).toBe(202);
    expect((await world().try('GET', `${path}/key1`, undefined, as)).status).toBe(404);
    expect((await world().try('GET', path)).status).toBe(403);
  });

  it('stay while a group is of them', async () => {
    const group = await makeGroup(world());
    const type = (await show(world(), group))['group_type'];
    expect(await world().try('DELETE', `/group_types/${type}`, undefined, { as: 'admin' })).toMatchObject({ status: 400, body: { badRequest: { message: 'Target group type is still in use.' } } });
  });
});

describe('groups', () => {
  const world = useBlockStorageWorld();
  const act = (id: string, body: object, as = 'alice') => world().try('POST', `/groups/${id}/action`, body, { as });

  it('are made and shown as Cinder shows them', async () => {
    const type = await groupType(world());
    const answer = await world().try('POST', '/groups', { group: { name: 'web', description: 'all of it', group_type: type, volume_types: [await defaultType(world())] } });
    expect(answer.status).toBe(202);
    const { group } = answer.body as { group: { id: string } };
    expect(answer.body).toEqual({ group: { id: group.id, name: 'web' } });
    expect(await show(world(), group.id)).toEqual({
      id: group.id, name: 'web', description: 'all of it', status: 'available', availability_zone: 'nova', created_at: expect.any(String), group_type: type,
      volume_types: [await defaultType(world())], group_snapshot_id: null, source_group_id: null, volumes: [], replication_status: 'disabled',
    });
    expect(await world().api('GET', `/groups/${group.id}`, undefined, { as: 'admin' })).toHaveProperty('group.project_id');
    expect((await world().try('GET', `/groups/${group.id}`, undefined, { version: '3.12' })).status).toBe(404);
    expect(await world().api('GET', '/groups')).toEqual({ groups: [{ id: group.id, name: 'web' }] });
    expect((await world().try('GET', '/groups?status=available')).status).toBe(400);
    expect(await world().api('GET', '/groups/detail?name=none')).toEqual({ groups: [] });
  });

  it('name types that there are', async () => {
    const [type, volumeTypes] = [await groupType(world()), ['__DEFAULT__']];
    const ask = async (group: object) => (await world().try('POST', '/groups', { group })).status;
    expect(await ask({ group_type: NOBODY, volume_types: volumeTypes })).toBe(404);
    expect(await ask({ group_type: type, volume_types: ['none'] })).toBe(404);
    expect(await ask({ group_type: type, volume_types: [] })).toBe(400);
    expect(await ask({ group_type: type, volume_types: volumeTypes, availability_zone: 'mars' })).toBe(400);
    await world().limit('groups', 0);
    expect(await ask({ group_type: type, volume_types: volumeTypes })).toBe(413);
  });

  it('take volumes in as they are made, all on one backend', async () => {
    await world().cloud.addHost(new SimulatedStorageHost('node-2'));
    await world().settled();
    const group = await makeGroup(world());
    const volumes = [await world().createVolume({ group_id: group }), await world().createVolume({ group_id: group }), await world().createVolume({ group_id: group })];
    await world().settled();
    // Whoever lost the race for the first place decides anew after a moment.
    await world().pass(seconds(10));
    const backends = await Promise.all(volumes.map(async (id) => (await world().volume(id))['os-vol-host-attr:host']));
    expect(new Set(backends).size).toBe(1);
    expect((await show(world(), group))['volumes']).toEqual(volumes);
    expect((await world().try('POST', '/volumes', { volume: { size: 1, group_id: NOBODY } })).status).toBe(404);
    expect((await world().try('DELETE', `/volumes/${volumes[0]}`)).status).toBe(400);
  });

  it('let volumes in and out', async () => {
    const group = await makeGroup(world());
    const [one, two] = [await world().availableVolume({ group_id: group }), await world().availableVolume()];
    const update = (change: object) => world().try('PUT', `/groups/${group}`, { group: change });
    expect((await update({ name: 'new', remove_volumes: one, add_volumes: two })).status).toBe(202);
    expect(await show(world(), group)).toMatchObject({ name: 'new', volumes: [two], status: 'available' });
    expect(await world().volume(one)).toMatchObject({ group_id: null });
    expect(await update({ add_volumes: `${one},${one}`, remove_volumes: one })).toMatchObject({ status: 400 });
    expect(await update({ remove_volumes: one })).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('it is not in the group') } } });
    expect(await update({ add_volumes: NOBODY })).toMatchObject({ status: 400 });
    expect(await update({ add_volumes: 'nonsense' })).toMatchObject({ status: 400 });
    expect(await update({ name: 'new' })).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('no valid name') } } });
    const other = await makeGroup(world());
    expect((await world().try('PUT', `/groups/${other}`, { group: { add_volumes: two } })).status).toBe(400);
  });

  it('are deleted at once when they are empty, else after their volumes where so asked', async () => {
    const group = await makeGroup(world());
    const volume = await world().availableVolume({ group_id: group });
    expect((await act(group, { delete: {} })).status).toBe(400);
    expect((await act(group, { delete: { 'delete-volumes': true } })).status).toBe(202);
    expect(await show(world(), group)).toMatchObject({ status: 'deleting' });
    await world().settled();
    expect((await world().try('GET', `/groups/${group}`)).status).toBe(404);
    expect(await world().status(volume)).toBe('deleted');
    const empty = await makeGroup(world());
    expect((await act(empty, { delete: { 'delete-volumes': false } })).status).toBe(202);
    expect((await world().try('GET', `/groups/${empty}`)).status).toBe(404);
  });

  it('have a status that operators set', async () => {
    const group = await makeGroup(world());
    for (const status of ['creating', 'available', 'error']) {
      expect((await act(group, { reset_status: { status } }, 'admin')).status).toBe(202);
      expect(await show(world(), group)).toMatchObject({ status });
    }
    expect((await act(group, { reset_status: { status: 'nonsense' } }, 'admin')).status).toBe(400);
    expect((await act(group, { reset_status: { status: 'error' } })).status).toBe(403);
  });

  it('are not replicated, and say so', async () => {
    const [plain, wanting] = [await makeGroup(world()), await makeGroup(world(), { specs: { group_replication_enabled: '<is> True' } })];
    expect(await act(plain, { enable_replication: {} })).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('is not a replication group type') } } });
    for (const body of [{ enable_replication: {} }, { disable_replication: {} }, { failover_replication: {} }, { list_replication_targets: {} }]) {
      expect(await act(wanting, body)).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('of no backend that replicates') } } });
    }
  });

  it('are copied with their volumes', async () => {
    const group = await makeGroup(world());
    for (const size of [1, 2]) await world().availableVolume({ group_id: group, size });
    const copy = async (source: object) => world().try('POST', '/groups/action', { 'create-from-src': { name: 'copy', ...source } });
    const answer = await copy({ source_group_id: group });
    expect(answer).toMatchObject({ status: 202, body: { group: { name: 'copy' } } });
    const { id } = (answer.body as { group: { id: string } }).group;
    expect(await show(world(), id)).toMatchObject({ status: 'creating', source_group_id: group });
    await world().settled();
    const made = await show(world(), id);
    expect(made).toMatchObject({ status: 'available', volumes: [expect.any(String), expect.any(String)] });
    const sizes = await Promise.all((made['volumes'] as string[]).map(async (volume) => (await world().volume(volume))['size']));
    expect(sizes.sort()).toEqual([1, 2]);
    expect((await copy({})).status).toBe(400);
    expect((await copy({ source_group_id: NOBODY })).status).toBe(404);
    expect((await copy({ source_group_id: await makeGroup(world()) })).status).toBe(400);
  });

  it('say when a copy failed', async () => {
    const group = await makeGroup(world());
    await world().availableVolume({ group_id: group });
    world().cloud.host().refusals.set('block-storage.agent.ensure-volume', { code: 'driver.refused', message: 'It is full.', isFinal: true });
    const { group: copy } = await world().api<{ group: { id: string } }>('POST', '/groups/action', { 'create-from-src': { source_group_id: group } });
    await world().settled();
    expect(await show(world(), copy.id)).toMatchObject({ status: 'error' });
    world().cloud.host().refusals.clear();
    expect((await act(copy.id, { delete: { 'delete-volumes': true } })).status).toBe(202);
    await world().settled();
    expect((await world().try('GET', `/groups/${copy.id}`)).status).toBe(404);
  });
});

describe('group snapshots', () => {
  const world = useBlockStorageWorld();
  const showSnapshot = (id: string, version = '3.70') => world().try('GET', `/group_snapshots/${id}`, undefined, { version });
  const snapshots = async (): Promise<Record<string, unknown>[]> => (await world().api<{ snapshots: Record<string, unknown>[] }>('GET', '/snapshots/detail')).snapshots;

  it('are of all volumes, taken by one command, and go as one', async () => {
    const group = await makeGroup(world(), { specs: { consistent_group_snapshot_enabled: '<is> True' } });
    for (const size of [1, 2]) await world().availableVolume({ group_id: group, size });
    const { received } = world().cloud.host();
    const before = received.length;
    const id = await snapshotOf(world(), group);
    expect(received.slice(before)).toEqual(['block-storage.agent.ensure-snapshots']);
    expect((await showSnapshot(id)).body).toMatchObject({ group_snapshot: { id, group_id: group, status: 'available', name: 'before', description: null } });
    expect(await snapshots()).toEqual([expect.objectContaining({ status: 'available', group_snapshot_id: id }), expect.objectContaining({ status: 'available', group_snapshot_id: id })]);
    expect((await world().try('DELETE', `/snapshots/${(await snapshots())[0]?.['id']}`)).status).toBe(400);
    expect((await world().try('POST', `/groups/${group}/action`, { delete: { 'delete-volumes': true } })).status).toBe(400);
    expect(await world().api('GET', '/group_snapshots')).toEqual({ group_snapshots: [{ id, name: 'before' }] });
    expect(await world().api('GET', `/group_snapshots/detail?group_id=${group}`)).toMatchObject({ group_snapshots: [{ id }] });
    expect((await world().try('GET', '/group_snapshots?user_id=1')).status).toBe(400);
    expect((await world().try('DELETE', `/group_snapshots/${id}`)).status).toBe(202);
    expect((await showSnapshot(id)).body).toMatchObject({ group_snapshot: { status: 'deleting' } });
    await world().settled();
    expect((await showSnapshot(id)).status).toBe(404);
    expect(await snapshots()).toEqual([]);
  });

  it('become groups again', async () => {
    const group = await makeGroup(world());
    await world().availableVolume({ group_id: group });
    const id = await snapshotOf(world(), group);
    const { group: copy } = await world().api<{ group: { id: string } }>('POST', '/groups/action', { 'create-from-src': { name: 'back', group_snapshot_id: id } });
    expect((await world().try('DELETE', `/group_snapshots/${id}`)).status).toBe(400);
    await world().settled();
    expect(await show(world(), copy.id)).toMatchObject({ status: 'available', group_snapshot_id: id, volumes: [expect.any(String)] });
  });

  it('need volumes, room in the quota, and an owner', async () => {
    const group = await makeGroup(world());
    const ask = (as = 'alice') => world().try('POST', '/group_snapshots', { group_snapshot: { group_id: group } }, { as });
    expect(await ask()).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('empty') } } });
    await world().availableVolume({ group_id: group });
    expect((await ask('bob')).status).toBe(404);
    await world().limit('snapshots', 0);
    expect((await ask()).status).toBe(413);
    expect(await world().count('group_snapshot')).toBe(0);
  });

  it('fail with all their snapshots', async () => {
    const group = await makeGroup(world());
    for (let i = 0; i < 2; i++) await world().availableVolume({ group_id: group });
    world().cloud.host().refusals.set('block-storage.agent.ensure-snapshots', { code: 'driver.refused', message: 'No.', isFinal: true });
    const id = await snapshotOf(world(), group);
    expect((await showSnapshot(id)).body).toMatchObject({ group_snapshot: { status: 'error' } });
    expect((await snapshots()).map(({ status }) => status)).toEqual(['error', 'error']);
    expect((await world().try('DELETE', `/group_snapshots/${id}`)).status).toBe(202);
    await world().settled();
    expect((await showSnapshot(id)).status).toBe(404);
  });

  it('have a status that operators set', async () => {
    const group = await makeGroup(world());
    await world().availableVolume({ group_id: group });
    const id = await snapshotOf(world(), group);
    const reset = (status: string, as = 'admin') => world().try('POST', `/group_snapshots/${id}/action`, { reset_status: { status } }, { as });
    for (const status of ['creating', 'available', 'error']) {
      expect((await reset(status)).status).toBe(202);
      expect((await showSnapshot(id)).body).toMatchObject({ group_snapshot: { status } });
    }
    expect((await reset('nonsense')).status).toBe(400);
    expect((await reset('error', 'alice')).status).toBe(403);
  });
});
