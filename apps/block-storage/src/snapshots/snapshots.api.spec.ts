import { describeSnapshot, ensureSnapshotsTogether } from '@virga/contracts-block-storage';
import { newId } from '@virga/kernel';
import { countStatements } from '@virga/persistence';
import { demoProject } from '@virga/testing';
import { IMAGE, useBlockStorageWorld, type BlockStorageWorld } from '../testing/index.js';

interface SnapshotBody {
  snapshot: Record<string, unknown> & { id: string };
}

const snapshotOf = (world: BlockStorageWorld, volume: string, more: Record<string, unknown> = {}): Promise<string> => world.availableSnapshot(volume, more);
const onBackends = (world: BlockStorageWorld): Promise<string[]> => world.cloud.snapshots();
const show = async (world: BlockStorageWorld, id: string): Promise<Record<string, unknown>> => (await world.api<SnapshotBody>('GET', `/snapshots/${id}`)).snapshot;
const NOBODY = '99999999-9999-4999-8999-999999999999';

describe('snapshots', () => {
  const world = useBlockStorageWorld();

  it('are taken on the volume\'s backend and shown as Cinder shows them', async () => {
    const volume = await world().availableVolume({ size: 2 });
    const answer = await world().try('POST', '/snapshots', { snapshot: { volume_id: volume, name: ' before ', description: 'the change', metadata: { a: 'b' } } });
    expect(answer).toMatchObject({ status: 202, body: { snapshot: { status: 'creating', size: 2, name: 'before', description: 'the change', metadata: { a: 'b' } } } });
    const { id } = (answer.body as SnapshotBody).snapshot;
    expect(answer.body).not.toHaveProperty(['snapshot', 'os-extended-snapshot-attributes:progress']);
    await world().settled();
    expect(await show(world(), id)).toMatchObject({
      id, volume_id: volume, status: 'available', size: 2, group_snapshot_id: null, consumes_quota: true,
      'os-extended-snapshot-attributes:progress': '100%', 'os-extended-snapshot-attributes:project_id': demoProject,
    });
    expect(await onBackends(world())).toEqual([id]);
    const last = world().cloud.events.filter(({ type }) => type === 'block-storage.snapshot.changed').at(-1);
    expect(last).toMatchObject({ body: { snapshotId: id, volumeId: volume, status: 'available' } });
  });

  it('show only what their version knows', async () => {
    const id = await snapshotOf(world(), await world().availableVolume());
    const oldest = (await world().try('GET', `/snapshots/${id}`, undefined, { version: '3.0' })).body as SnapshotBody;
    expect(Object.keys(oldest.snapshot).sort()).toEqual([
      'created_at', 'description', 'id', 'metadata', 'name', 'os-extended-snapshot-attributes:progress', 'os-extended-snapshot-attributes:project_id', 'size', 'status',
      'updated_at', 'volume_id',
    ]);
    expect((await world().try('GET', `/snapshots/${id}`, undefined, { version: '3.41' })).body).toHaveProperty(['snapshot', 'user_id']);
  });

  it('are gone from the backend when they are deleted, and volumes made from them stay', async () => {
    const id = await snapshotOf(world(), await world().availableVolume());
    const copy = await world().availableVolume({ snapshot_id: id });
    expect((await world().try('DELETE', `/snapshots/${id}`)).status).toBe(202);
    expect((await show(world(), id))['status']).toBe('deleting');
    await world().settled();
    expect((await world().try('GET', `/snapshots/${id}`)).status).toBe(404);
    expect(await onBackends(world())).toEqual([]);
    expect(await world().volume(copy)).toMatchObject({ status: 'available', snapshot_id: id });
  });

  it('keep their volume from being deleted', async () => {
    const volume = await world().availableVolume();
    await snapshotOf(world(), volume);
    expect(await world().try('DELETE', `/volumes/${volume}`)).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('have snapshots') } } });
  });

  it('go with a volume that is deleted with everything', async () => {
    const volume = await world().availableVolume();
    const ids = [await snapshotOf(world(), volume), await snapshotOf(world(), volume)];
    expect((await world().try('DELETE', `/volumes/${volume}?cascade=true`)).status).toBe(202);
    expect(await world().status(volume)).toBe('deleting');
    await world().settled();
    expect(await world().status(volume)).toBe('deleted');
    for (const id of ids) expect((await world().try('GET', `/snapshots/${id}`)).status).toBe(404);
    expect(await onBackends(world())).toEqual([]);
  });

  it('hand on what the volume\'s image said, also when the volume has forgotten it', async () => {
    const volume = await world().availableVolume({ imageRef: IMAGE });
    const id = await snapshotOf(world(), volume);
    await world().database.sql`UPDATE volume SET is_bootable = false, image_metadata = NULL WHERE id = ${volume}`;
    const copy = await world().availableVolume({ snapshot_id: id });
    expect(await world().volume(copy)).toMatchObject({ bootable: 'true', volume_image_metadata: { image_id: IMAGE } });
  });

  it('are not taken of volumes that there are not, or that have no data', async () => {
    expect(await world().try('POST', '/snapshots', { snapshot: { volume_id: NOBODY } })).toMatchObject({ status: 404, body: { itemNotFound: { code: 404 } } });
    expect((await world().try('POST', '/snapshots', { snapshot: { volume_id: null } })).status).toBe(404);
    expect((await world().try('POST', '/snapshots', { snapshot: { name: 'x' } })).status).toBe(400);
    const volume = await world().availableVolume();
    await world().database.sql`UPDATE volume SET status = 'error' WHERE id = ${volume}`;
    expect(await world().try('POST', '/snapshots', { snapshot: { volume_id: volume, force: true } }, { version: '3.0' })).toMatchObject({
      status: 400, body: { badRequest: { message: 'Invalid volume: The snapshot cannot be created when the volume is in error status.' } },
    });
  });

  it('of volumes in use need force, and since 3.66 nothing', async () => {
    const volume = await world().availableVolume();
    await world().database.sql`UPDATE volume SET status = 'in-use' WHERE id = ${volume}`;
    const ask = (version: string, force?: boolean) => world().try('POST', '/snapshots', { snapshot: { volume_id: volume, ...(force !== undefined && { force }) } }, { version });
    expect((await ask('3.65')).status).toBe(400);
    expect((await ask('3.65', false)).status).toBe(400);
    expect((await ask('3.65', true)).status).toBe(202);
    expect((await ask('3.66')).status).toBe(202);
    expect((await ask('3.66', true)).status).toBe(202);
    expect(await ask('3.66', false)).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('microversion 3.66') } } });
  });

  it('count against the quotas of their project', async () => {
    await world().limit('snapshots', 1);
    const [small, large] = [await world().availableVolume({ size: 1 }), await world().availableVolume({ size: 4 })];
    await world().limit('gigabytes', 8);
    expect(await world().try('POST', '/snapshots', { snapshot: { volume_id: large } })).toMatchObject({
      status: 413, body: { overLimit: { message: expect.stringContaining('exceeds allowed gigabytes quota') } },
    });
    const id = await snapshotOf(world(), small);
    expect(await world().try('POST', '/snapshots', { snapshot: { volume_id: small } })).toMatchObject({
      status: 413, body: { overLimit: { message: 'SnapshotLimitExceeded: Maximum number of snapshots allowed (1) exceeded for quota \'snapshots\'.' } },
    });
    await world().api('DELETE', `/snapshots/${id}`);
    await world().settled();
    await snapshotOf(world(), small);
  });

  it('stay in error with a cause where the backend refuses them, and leave nothing', async () => {
    const volume = await world().availableVolume();
    world().cloud.host().refusals.set('block-storage.agent.ensure-snapshots', { code: 'driver.refused', message: 'The disk is broken.', isFinal: true });
    const id = await snapshotOf(world(), volume);
    expect((await show(world(), id))['status']).toBe('error');
    const [row] = await world().database.sql<{ fault: object }>`SELECT fault FROM snapshot WHERE id = ${id}`;
    expect(row?.fault).toMatchObject({ code: 'block-storage.backend.refused', message: 'The disk is broken.' });
    expect(await world().api('GET', `/messages?resource_uuid=${id}`)).toMatchObject({
      messages: [{ resource_type: 'VOLUME_SNAPSHOT', resource_uuid: id, user_message: 'create snapshot:The disk is broken.' }],
    });
    expect(await onBackends(world())).toEqual([]);
    expect((await world().try('DELETE', `/snapshots/${id}`)).status).toBe(202);
  });

  it('can be renamed, and hold metadata', async () => {
    const id = await snapshotOf(world(), await world().availableVolume());
    expect(await world().api('PUT', `/snapshots/${id}`, { snapshot: { name: 'after', description: 'it' } })).toMatchObject({ snapshot: { name: 'after', description: 'it' } });
    expect((await world().try('PUT', `/snapshots/${id}`, { snapshot: {} })).status).toBe(400);
    const path = `/snapshots/${id}/metadata`;
    expect(await world().api('POST', path, { metadata: { a: '1', b: '2' } })).toEqual({ metadata: { a: '1', b: '2' } });
    expect(await world().api('PUT', `${path}/b`, { meta: { b: '3' } })).toEqual({ meta: { b: '3' } });
    expect((await world().try('PUT', `${path}/b`, { meta: { c: '3' } })).status).toBe(400);
    expect(await world().api('GET', `${path}/a`)).toEqual({ meta: { a: '1' } });
    expect((await world().try('DELETE', `${path}/a`)).status).toBe(200);
    expect(await world().try('GET', `${path}/a`)).toMatchObject({ status: 404 });
    expect((await world().try('DELETE', `${path}/a`)).status).toBe(404);
    expect(await world().api('PUT', path, { metadata: { z: '9' } })).toEqual({ metadata: { z: '9' } });
    expect(await world().api('GET', path)).toEqual({ metadata: { z: '9' } });
  });
});

describe('lists of snapshots', () => {
  const world = useBlockStorageWorld();
  type List = { snapshots: { id: string; name: string }[]; snapshots_links?: { href: string }[]; count?: number };
  const list = async (query = '', { as = 'alice', version = '3.70' } = {}): Promise<string[]> =>
    (await world().api<List>('GET', `/snapshots${query}`, undefined, { as, version })).snapshots.map(({ id }) => id);

  it('are of the caller\'s project, newest first, page by page', async () => {
    const volume = await world().availableVolume();
    const ids: string[] = [];
    for (const name of ['one', 'two', 'three']) ids.unshift(await snapshotOf(world(), volume, { name }));
    expect(await list()).toEqual(ids);
    expect(await list('', { as: 'bob' })).toEqual([]);
    expect(await list('?all_tenants=1', { as: 'bob' })).toEqual([]);
    expect(await list('?all_tenants=1', { as: 'admin' })).toEqual(ids);
    const first = await world().api<List>('GET', '/snapshots?limit=2&with_count=true');
    expect(first).toMatchObject({ count: 3, snapshots_links: [{ rel: 'next' }] });
    expect(await list(`?marker=${ids[1]}`)).toEqual([ids[2]]);
    expect(await list('?limit=0')).toEqual([]);
    expect(await list('?offset=2&limit=3')).toEqual([ids[2]]);
    expect(await list('?sort_key=display_name&sort_dir=asc')).toEqual([ids[2], ids[0], ids[1]]);
    expect(await list('?sort=name:desc')).toEqual([ids[1], ids[0], ids[2]]);
    expect((await world().try('GET', `/snapshots?marker=${NOBODY}`)).status).toBe(404);
    expect((await world().try('GET', '/snapshots?limit=invalid')).status).toBe(400);
    expect((await world().try('GET', '/snapshots?sort_key=invalid')).status).toBe(400);
    expect((await world().try('GET', '/snapshots?sort_key=name', undefined, { version: '3.29' })).status).toBe(400);
  });

  it('are filtered as their version knows', async () => {
    const volume = await world().availableVolume();
    const [web, base] = [await snapshotOf(world(), volume, { name: 'web', metadata: { tier: 'gold' } }), await snapshotOf(world(), volume, { name: 'db' })];
    expect(await list('?name=web')).toEqual([web]);
    expect(await list('?name~=w')).toEqual([web]);
    expect(await list('?status=error')).toEqual([]);
    expect(await list(`?volume_id=${volume}&status=available`)).toEqual([base, web]);
    const gold = encodeURIComponent('{\'tier\': \'gold\'}');
    expect(await list(`?metadata=${gold}`)).toEqual([web]);
    expect(await list(`?metadata=${gold}`, { version: '3.21' })).toEqual([base, web]);
    expect(await list('?user_id=nobody', { version: '3.30' })).toEqual([base, web]);
    expect((await world().try('GET', '/snapshots?user_id=nobody')).status).toBe(400);
    expect(await list('?nonsense=1', { as: 'admin' })).toEqual([]);
  });

  it('take a number of statements that does not depend on theirs', async () => {
    const volume = await world().availableVolume();
    const count = async () => (await countStatements(world().database, () => world().api('GET', '/snapshots/detail'))).count;
    await snapshotOf(world(), volume);
    const before = await count();
    for (let i = 0; i < 4; i++) await snapshotOf(world(), volume);
    expect(await count()).toBe(before);
  });
});

describe('what operators do with snapshots', () => {
  const world = useBlockStorageWorld();
  const act = (id: string, body: object, as = 'admin') => world().try('POST', `/snapshots/${id}/action`, body, { as });

  it('is setting their status, which others may report on', async () => {
    const id = await snapshotOf(world(), await world().availableVolume());
    expect((await act(id, { 'os-reset_status': { status: 'nonsense' } })).status).toBe(400);
    expect((await act(id, { 'os-reset_status': { status: 'creating' } }, 'alice')).status).toBe(403);
    expect((await act(id, { 'os-update_snapshot_status': { status: 'error' } }, 'alice')).status).toBe(400);
    expect((await act(id, { 'os-reset_status': { status: 'creating' } })).status).toBe(202);
    expect((await act(id, { 'os-update_snapshot_status': { status: 'error', progress: '80%' } }, 'alice')).status).toBe(202);
    expect(await show(world(), id)).toMatchObject({ status: 'error', 'os-extended-snapshot-attributes:progress': '80%' });
  });

  it.each(['creating', 'deleting', 'error', 'error_deleting'])('is deleting one that is %s', async (status) => {
    const id = await snapshotOf(world(), await world().availableVolume());
    await act(id, { 'os-reset_status': { status } });
    expect((await act(id, { 'os-force_delete': {} })).status).toBe(202);
    await world().settled();
    expect((await world().try('GET', `/snapshots/${id}`)).status).toBe(404);
    expect(await onBackends(world())).toEqual([]);
  });

  it('is letting them go and taking them back', async () => {
    const volume = await world().availableVolume();
    const id = await snapshotOf(world(), volume);
    const listed = async (path: string) => (await world().api<Record<string, unknown[]>>('GET', `${path}?host=node-1@file%23file`, undefined, { as: 'admin' }))['manageable-snapshots'];
    expect(await listed('/manageable_snapshots/detail')).toMatchObject([{ safe_to_manage: false, reason_not_safe: 'already managed', cinder_id: id }]);
    expect((await act(id, { 'os-unmanage': {} })).status).toBe(202);
    await world().settled();
    expect((await world().try('GET', `/snapshots/${id}`, undefined, { as: 'admin' })).status).toBe(404);
    expect(await onBackends(world())).toEqual([id]);
    expect(await listed('/os-snapshot-manage')).toEqual([
      { reference: { 'source-name': `snapshot-${id}` }, size: 1, safe_to_manage: true, source_reference: { 'source-name': `volume-${volume}` } },
    ]);
    const wish = { volume_id: volume, ref: { 'source-name': `_snapshot-${id}` }, name: 'back', description: 'again', metadata: { a: 'b' } };
    const other = await world().availableVolume();
    expect((await world().try('POST', '/os-snapshot-manage', { snapshot: { ...wish, volume_id: other } }, { as: 'admin' })).status).toBe(400);
    const answer = await world().try('POST', '/os-snapshot-manage', { snapshot: wish }, { as: 'admin' });
    expect(answer).toMatchObject({ status: 202, body: { snapshot: { id, volume_id: volume, status: 'available', size: 1, name: 'back', description: 'again', metadata: { a: 'b' } } } });
    expect((await world().try('POST', '/manageable_snapshots', { snapshot: wish }, { as: 'admin' })).status).toBe(400);
    expect((await world().try('GET', '/manageable_snapshots?host=nobody', undefined, { as: 'admin' })).status).toBe(404);
    await world().api('DELETE', `/snapshots/${id}`, undefined, { as: 'admin' });
    await world().settled();
    expect(await onBackends(world())).toEqual([]);
  });
});

describe('what compute asks about snapshots', () => {
  const world = useBlockStorageWorld();

  it('is what they are, for those who may see them', async () => {
    const volume = await world().availableVolume({ imageRef: IMAGE });
    const id = await snapshotOf(world(), volume);
    expect(await world().ask(describeSnapshot, { projectId: demoProject, isAdmin: false, snapshotId: id })).toMatchObject({
      id, volumeId: volume, sizeGibibytes: 1, status: 'available', isBootable: true, imageMetadata: { image_id: IMAGE },
    });
    await expect(world().ask(describeSnapshot, { projectId: 'other', isAdmin: false, snapshotId: id })).rejects.toMatchObject({ code: 'block-storage.snapshot.unknown' });
  });

  it('is to take several at one point in time, however often it asks', async () => {
    const volumes = [await world().availableVolume(), await world().availableVolume()];
    const snapshots = volumes.map((volumeId) => ({ id: newId() as string, volumeId, name: 'together' }));
    const request = { projectId: demoProject, isAdmin: false, userId: 'someone', snapshots };
    const first = await world().ask(ensureSnapshotsTogether, request);
    expect(first.snapshots.map(({ status }) => status)).toEqual(['creating', 'creating']);
    const { received } = world().cloud.host();
    const before = received.length;
    await world().settled();
    expect(received.slice(before)).toEqual(['block-storage.agent.ensure-snapshots']);
    const again = await world().ask(ensureSnapshotsTogether, request);
    expect(again.snapshots.map(({ status }) => status)).toEqual(['available', 'available']);
    expect(await onBackends(world())).toEqual(snapshots.map(({ id }) => id).sort());
    await expect(world().ask(ensureSnapshotsTogether, { ...request, projectId: 'other', snapshots: [{ ...snapshots[0]!, id: newId() }] }))
      .rejects.toMatchObject({ code: 'block-storage.volume.unknown' });
  });

  it('takes several one after the other where their backend cannot take them together', async () => {
    const volumes = [await world().availableVolume(), await world().availableVolume()];
    await world().database.sql`UPDATE backend SET capabilities = jsonb_set(capabilities, '{snapshotsTogether}', 'false')`;
    const snapshots = volumes.map((volumeId) => ({ id: newId() as string, volumeId, name: 'each' }));
    const { received } = world().cloud.host();
    const before = received.length;
    await world().ask(ensureSnapshotsTogether, { projectId: demoProject, isAdmin: false, userId: 'someone', snapshots });
    await world().settled();
    expect(received.slice(before)).toEqual(['block-storage.agent.ensure-snapshots', 'block-storage.agent.ensure-snapshots']);
    expect(await onBackends(world())).toEqual(snapshots.map(({ id }) => id).sort());
  });
});
