import { useBlockStorageWorld } from '../testing/index.js';
import { blockStorageQuotas } from '../quota.js';
import { demoProject } from '@virga/testing';

const HOST = 'node-1@file#file';

describe('what backends hold that are no volumes', () => {
  const world = useBlockStorageWorld();

  const list = async (path = '/manageable_volumes', query = '', version = '3.70') =>
    (await world().api<{ 'manageable-volumes': object[] }>('GET', `${path}?host=${encodeURIComponent(HOST)}${query}`, undefined, { as: 'admin', version }))['manageable-volumes'];
  const manage = (id: string, more: object = {}, path = '/manageable_volumes') => world().try('POST', path, {
    volume: { host: HOST, ref: { 'source-name': `volume-${id}` }, ...more },
  }, { as: 'admin' });
  const unmanage = (id: string, as = 'admin') => world().act(id, { 'os-unmanage': {} }, { as });

  it.each(['/manageable_volumes', '/os-volume-manage'])('a volume is let go of, and taken back with its bytes and another id, at %s', async (path) => {
    const id = await world().availableVolume({ size: 2 });
    expect((await unmanage(id)).status).toBe(202);
    expect((await world().try('GET', `/volumes/${id}`)).status).toBe(404);
    expect(await world().api('GET', '/volumes?all_tenants=1', undefined, { as: 'admin' })).toEqual({ volumes: [] });
    expect(await blockStorageQuotas.usage(world().database, { project: demoProject })).toMatchObject({ volumes: 0, gigabytes: 0 });
    expect(await list(`${path}/detail`)).toEqual([{
      reference: { 'source-name': `volume-${id}` }, size: 2, safe_to_manage: true, reason_not_safe: null, cinder_id: null, extra_info: null,
    }]);

    const answer = await manage(id, { name: ' back ', volume_type: '__DEFAULT__', availability_zone: 'nova', metadata: { a: 'b' }, bootable: true }, path);
    expect(answer.status).toBe(202);
    const { volume } = answer.body as { volume: { id: string } };
    await world().settled();
    expect(volume.id).not.toBe(id);
    expect(await world().volume(volume.id)).toMatchObject({
      status: 'available', size: 2, name: 'back', bootable: 'true', metadata: { a: 'b' }, 'os-vol-host-attr:host': HOST, volume_type: '__DEFAULT__', availability_zone: 'nova',
    });
    expect(await world().cloud.volumes()).toEqual([{ id: volume.id, backend: 'node-1@file', sizeBytes: 2 * 1024 ** 3 }]);
    expect(await list(path)).toEqual([{ reference: { 'source-name': `volume-${volume.id}` }, size: 2, safe_to_manage: false }]);
    expect((await manage(id)).status).toBe(400);
  });

  it('are listed with what is a volume already, sorted and page by page', async () => {
    const small = await world().availableVolume({ size: 1 });
    const large = await world().availableVolume({ size: 3 });
    await unmanage(small);
    expect(await list('/manageable_volumes/detail', '&sort=size:asc')).toMatchObject([
      { size: 1, safe_to_manage: true }, { size: 3, safe_to_manage: false, reason_not_safe: 'already managed', cinder_id: large },
    ]);
    expect(await list('/manageable_volumes', '&sort=size:desc&limit=1')).toMatchObject([{ size: 3 }]);
    expect(await list('/manageable_volumes', `&sort=size:desc&limit=1&marker=volume-${large}`)).toMatchObject([{ size: 1 }]);
    expect((await world().try('GET', `/manageable_volumes?host=${encodeURIComponent(HOST)}&sort=name`, undefined, { as: 'admin' })).status).toBe(400);
    expect((await world().try('GET', '/manageable_volumes', undefined, { as: 'admin' })).status).toBe(400);
    expect((await world().try('GET', '/manageable_volumes?host=node-7', undefined, { as: 'admin' })).status).toBe(400);
    expect((await world().try('GET', '/manageable_volumes?host=node-7', undefined, { as: 'admin', version: '3.7' })).status).toBe(404);
  });

  it('are not made of what somebody uses, or depends on', async () => {
    const id = await world().availableVolume();
    await world().database.sql`UPDATE volume SET status = 'in-use' WHERE id = ${id}`;
    expect((await unmanage(id)).status).toBe(400);
    expect((await unmanage(id, 'alice')).status).toBe(403);
    expect(await world().status(id)).toBe('in-use');
  });

  it('are not taken twice, by wrong names, or on wrong hosts', async () => {
    const id = await world().availableVolume();
    expect((await manage(id)).status).toBe(400);
    await unmanage(id);
    expect((await manage(id, { host: 'node-2@file#file' })).status).toBe(400);
    expect((await manage(id, { ref: {} })).status).toBe(400);
    expect((await manage(id, { volume_type: 'unknown' })).status).toBe(400);
    const answers = await Promise.all(Array.from({ length: 4 }, () => manage(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 400, 400, 400]);
  });

  it('stay what they are where the backend cannot make a volume of them', async () => {
    const id = await world().availableVolume();
    await unmanage(id);
    world().cloud.host().refusals.set('block-storage.agent.ensure-volume', { code: 'driver.refused', message: 'No.', isFinal: true });
    const { volume } = (await manage(id)).body as { volume: { id: string } };
    await world().settled();
    expect(await world().status(volume.id)).toBe('error');
    world().cloud.host().refusals.clear();
    expect((await manage(id)).status).toBe(202);
  });
});
