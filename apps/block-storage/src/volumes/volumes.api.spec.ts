import { ensureVolume } from '@virga/contracts-block-storage';
import { minutes, seconds } from '@virga/kernel';
import { countStatements } from '@virga/persistence';
import { demoProject } from '@virga/testing';
import { IMAGE, useBlockStorageWorld } from '../testing/index.js';

describe('volumes', () => {
  const world = useBlockStorageWorld();

  it('are made on a backend and shown as Cinder shows them', async () => {
    const answer = await world().try('POST', '/volumes', { volume: { name: 'data', description: 'mine', size: 2, metadata: { a: 'b' } } });
    expect(answer.status).toBe(202);
    const { id } = (answer.body as { volume: { id: string } }).volume;
    expect(answer.body).toMatchObject({ volume: { status: 'creating', size: 2, name: 'data', bootable: 'false', encrypted: false, multiattach: false, attachments: [] } });
    // Tempest refuses more than this in the reply of a creation.
    const extensions = Object.keys((answer.body as { volume: object }).volume).filter((name) => name.startsWith('os-') || name === 'volume_image_metadata');
    expect(extensions).toEqual([]);
    await world().settled();
    expect(await world().volume(id)).toMatchObject({
      id, status: 'available', size: 2, availability_zone: 'nova', 'os-vol-host-attr:host': 'node-1@file#file', 'os-vol-tenant-attr:tenant_id': demoProject,
      metadata: { a: 'b' }, volume_type: '__DEFAULT__', replication_status: null,
    });
    expect(await world().cloud.volumes()).toEqual([{ id, backend: 'node-1@file', sizeBytes: 2 * 1024 ** 3 }]);
    expect(world().cloud.events.at(-1)).toMatchObject({ type: 'block-storage.volume.changed', body: { volumeId: id, volume: { status: 'available' } } });
  });

  it('are deleted with everything that is on the backend', async () => {
    const id = await world().availableVolume();
    expect((await world().try('DELETE', `/volumes/${id}`)).status).toBe(202);
    expect(await world().status(id)).toBe('deleting');
    await world().settled();
    expect(await world().status(id)).toBe('deleted');
    expect(await world().cloud.volumes()).toEqual([]);
    expect((await world().try('GET', `/volumes/${id}`)).status).toBe(404);
    expect(world().cloud.events.at(-1)).toMatchObject({ body: { volumeId: id, volume: null } });
  });

  it('are asked for again where a host cannot make them for now, at a pace that it can bear', async () => {
    const host = world().cloud.host();
    host.refusals.set(ensureVolume.type, { code: 'driver.unavailable', message: 'Not now.', isFinal: false });
    const asked = () => host.received.filter((type) => type === ensureVolume.type).length;
    const id = await world().createVolume();
    for (let i = 0; i < 5; i++) await world().pass(seconds(2));
    expect(asked()).toBe(2);
    for (let i = 0; i < 55; i++) await world().pass(seconds(2));
    expect(asked()).toBeLessThan(30);
    host.refusals.clear();
    for (let i = 0; i < 6; i++) await world().pass(seconds(2));
    expect(await world().status(id)).toBe('available');
  });

  it('are listed in a number of statements that does not depend on theirs', async () => {
    const count = async () => (await countStatements(world().database, () => world().api('GET', '/volumes/detail'))).count;
    await world().availableVolume();
    const before = await count();
    for (let i = 0; i < 5; i++) await world().availableVolume();
    expect(await count()).toBe(before);
    const { volumes } = await world().api<{ volumes: unknown[] }>('GET', '/volumes/detail');
    expect(volumes).toHaveLength(6);
  });

  it('answer page by page', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift(await world().availableVolume());
    const first = await world().api<{ volumes: { id: string }[]; volumes_links: { href: string }[] }>('GET', '/volumes?limit=2');
    expect(first.volumes.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const next = new URL(first.volumes_links[0]!.href);
    expect(next.pathname).toBe(`/v3/${demoProject}/volumes`);
    const second = await world().request({ as: 'alice', method: 'GET', url: next.pathname + next.search });
    expect(second.body).toMatchObject({ volumes: [{ id: ids[2] }] });
  });

  it('cannot be more or larger than the quota, in Cinder\'s words', async () => {
    await world().limit('volumes', 1);
    await world().limit('gigabytes', 5);
    expect(await world().try('POST', '/volumes', { volume: { size: 6 } })).toMatchObject({
      status: 413, body: { overLimit: { code: 413, message: expect.stringMatching(/^VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 6G, quota is 5G and 0G has been consumed.$/) } },
    });
    await world().createVolume();
    expect(await world().try('POST', '/volumes', { volume: { size: 1 } })).toMatchObject({
      status: 413, body: { overLimit: { message: 'VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota \'volumes\'.' } },
    });
  });

  it('are made from images, bootable and with what the image says', async () => {
    const id = await world().availableVolume({ imageRef: IMAGE });
    expect(await world().volume(id)).toMatchObject({
      status: 'available', bootable: 'true', volume_image_metadata: { image_id: IMAGE, image_name: 'virga-linux', disk_format: 'qcow2' },
    });
  });

  it('are made from volumes, on the same backend and as large at least', async () => {
    const origin = await world().availableVolume({ size: 2, imageRef: IMAGE });
    expect(await world().try('POST', '/volumes', { volume: { size: 1, source_volid: origin } })).toMatchObject({ status: 400, body: { badRequest: { code: 400 } } });
    const { volume } = await world().api<{ volume: { id: string; size: number } }>('POST', '/volumes', { volume: { source_volid: origin } });
    await world().settled();
    expect(await world().volume(volume.id)).toMatchObject({ status: 'available', size: 2, source_volid: origin, bootable: 'true' });
  });

  it('fail with the reason where no backend has room, and can be deleted', async () => {
    await world().unlimited();
    const id = await world().availableVolume({ size: 30_000 });
    expect(await world().status(id)).toBe('error');
    const { explanation } = await world().api<{ explanation: Record<string, unknown> }>('GET', `/x/volumes/${id}/placement-explanation`, undefined, { as: 'admin' });
    expect(explanation).toMatchObject({ outcome: 'no-valid-backend', reasons: [{ reason: 'capacity', backends: 1 }], backends: [{ name: 'node-1@file', outcome: 'rejected' }] });
    await world().api('DELETE', `/volumes/${id}`);
    await world().settled();
    expect(await world().status(id)).toBe('deleted');
  });

  it('go although their storage host is dead, and are removed when it comes back', async () => {
    const id = await world().availableVolume();
    world().cloud.host().vanish();
    await world().pass(minutes(2));
    await world().api('DELETE', `/volumes/${id}`);
    await world().settled();
    expect(await world().status(id)).toBe('deleted');
    await world().cloud.host().comeBack();
    await world().pass(minutes(15));
    expect(await world().cloud.volumes()).toEqual([]);
    expect(await world().database.sql`SELECT FROM debt WHERE paid_at IS NULL`).toEqual([]);
  });

  it('of another project do not exist, and its path is malformed', async () => {
    const id = await world().availableVolume();
    expect((await world().try('GET', `/volumes/${id}`, undefined, { as: 'bob' })).status).toBe(404);
    expect(await world().request({ as: 'bob', method: 'GET', url: `/v3/${demoProject}/volumes/${id}` })).toMatchObject({ status: 400, body: { badRequest: { message: 'Malformed request url' } } });
    expect((await world().request({ as: 'alice', method: 'GET', url: `/v3/${demoProject}/volumes/${id}` })).status).toBe(200);
  });

  it('change their names', async () => {
    const id = await world().availableVolume();
    expect(await world().api('PUT', `/volumes/${id}`, { volume: { name: 'new', description: 'other', metadata: { k: 'v' } } })).toMatchObject({
      volume: { name: 'new', description: 'other', metadata: { k: 'v' } },
    });
  });
});
