import { demoProject, otherProject } from '@virga/testing';
import { blockStorageQuotas } from '../quota.js';
import { useBlockStorageWorld } from '../testing/index.js';

interface Made {
  transfer: { id: string; auth_key: string };
}

describe('transfers of volumes', () => {
  const world = useBlockStorageWorld();

  async function offer(volumeId: string, path = '/volume-transfers', more: object = {}): Promise<Made['transfer']> {
    return (await world().api<Made>('POST', path, { transfer: { volume_id: volumeId, ...more } })).transfer;
  }

  const accept = (id: string, key: unknown, as = 'bob', path = '/volume-transfers') => world().try('POST', `${path}/${id}/accept`, { accept: { auth_key: key } }, { as });

  it.each(['/volume-transfers', '/os-volume-transfer'])('give a volume to whoever has the key, at %s', async (path) => {
    const id = await world().availableVolume({ size: 2 });
    const transfer = await offer(id, path, { name: ' gift ' });
    expect(transfer).toMatchObject({ name: 'gift', volume_id: id, auth_key: expect.stringMatching(/^[0-9a-f]{32}$/), no_snapshots: false, accepted: false });
    expect(await world().status(id)).toBe('awaiting-transfer');
    expect(await world().api('GET', `${path}/${transfer.id}`)).toMatchObject({ transfer: { volume_id: id, source_project_id: demoProject, destination_project_id: null } });
    expect(await world().api('GET', `${path}/${transfer.id}`)).not.toHaveProperty('transfer.auth_key');
    expect(await world().api('GET', `${path}/detail`)).toMatchObject({ transfers: [{ id: transfer.id, volume_id: id }] });

    expect(await accept(transfer.id, transfer.auth_key, 'bob', path)).toMatchObject({ status: 202, body: { transfer: { id: transfer.id, volume_id: id, name: 'gift' } } });
    expect(await world().volume(id)).toMatchObject({ status: 'available', user_id: 'user-bob', 'os-vol-tenant-attr:tenant_id': otherProject });
    expect((await world().try('GET', `${path}/${transfer.id}`)).status).toBe(404);
    expect((await accept(transfer.id, transfer.auth_key, 'bob', path)).status).toBe(404);
    expect(await blockStorageQuotas.usage(world().database, { project: demoProject })).toMatchObject({ volumes: 0, gigabytes: 0 });
    expect(await blockStorageQuotas.usage(world().database, { project: otherProject })).toMatchObject({ volumes: 1, gigabytes: 2 });
  });

  it('go to nobody without the key', async () => {
    const id = await world().availableVolume();
    const transfer = await offer(id);
    for (const key of ['', 'wrong', 12, `${transfer.auth_key}0`]) expect((await accept(transfer.id, key)).status).toBe(400);
    expect((await accept('a1b2c3d4-0000-4000-8000-000000000000', transfer.auth_key)).status).toBe(404);
    expect((await accept(transfer.id, transfer.auth_key, 'reader')).status).toBe(403);
    expect(await world().status(id)).toBe('awaiting-transfer');
  });

  it('are taken back by those who made them', async () => {
    const id = await world().availableVolume();
    const transfer = await offer(id);
    expect((await world().try('DELETE', `/volume-transfers/${transfer.id}`, undefined, { as: 'bob' })).status).toBe(404);
    expect((await world().try('GET', `/volume-transfers/${transfer.id}`, undefined, { as: 'bob' })).status).toBe(404);
    expect((await world().try('DELETE', `/volume-transfers/${transfer.id}`)).status).toBe(202);
    expect(await world().status(id)).toBe('available');
    expect((await accept(transfer.id, transfer.auth_key)).status).toBe(404);
    await offer(id);
  });

  it('are not made twice, nor of volumes that are in use', async () => {
    const id = await world().availableVolume();
    await offer(id);
    expect((await world().try('POST', '/volume-transfers', { transfer: { volume_id: id } })).status).toBe(400);
    expect((await world().try('DELETE', `/volumes/${id}`)).status).toBe(400);
    expect((await world().try('POST', '/volume-transfers', { transfer: { volume_id: id } }, { as: 'bob' })).status).toBe(404);
  });

  it('are not accepted beyond the quota', async () => {
    const id = await world().availableVolume({ size: 3 });
    const transfer = await offer(id);
    await world().limit('gigabytes', 2);
    expect((await accept(transfer.id, transfer.auth_key)).status).toBe(413);
    expect(await world().status(id)).toBe('awaiting-transfer');
    await world().limit('gigabytes', 3);
    expect((await accept(transfer.id, transfer.auth_key)).status).toBe(202);
  });

  it('are accepted once, however many try at the same time', async () => {
    const id = await world().availableVolume();
    const transfer = await offer(id);
    const answers = await Promise.all(Array.from({ length: 8 }, () => accept(transfer.id, transfer.auth_key)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array<number>(7).fill(404)]);
  });

  it('show what the version knows, page by page since 3.59', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await offer(await world().availableVolume())).id);
    const list = async (query: string, version: string) => (await world().api<{ transfers: { id: string }[] }>('GET', `/os-volume-transfer${query}`, undefined, { version })).transfers.map(({ id }) => id);
    expect(await list('', '3.0')).toEqual(ids);
    expect(await list('', '3.59')).toEqual([...ids].reverse());
    expect(await list(`?limit=1&marker=${ids[2]}`, '3.59')).toEqual([ids[1]]);
    expect(await list('?sort=id:asc', '3.59')).toEqual([...ids].sort());
    expect((await world().try('GET', '/volume-transfers', undefined, { version: '3.54' })).status).toBe(404);
    const keys = async (version: string) => Object.keys((await world().api<{ transfer: object }>('GET', `/os-volume-transfer/${ids[0]}`, undefined, { version })).transfer).sort();
    expect(await keys('3.0')).toEqual(['created_at', 'id', 'links', 'name', 'volume_id']);
    expect(await keys('3.55')).toEqual(['created_at', 'id', 'links', 'name', 'no_snapshots', 'volume_id']);
    expect(await keys('3.57')).toContain('source_project_id');
    expect(await world().api('GET', '/volume-transfers?all_tenants=1', undefined, { as: 'bob' })).toEqual({ transfers: [] });
    expect((await world().api<{ transfers: unknown[] }>('GET', '/volume-transfers?all_tenants=1', undefined, { as: 'admin' })).transfers).toHaveLength(3);
  });
});
