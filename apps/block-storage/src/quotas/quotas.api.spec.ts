import { demoProject } from '@virga/testing';
import { useBlockStorageWorld } from '../testing/index.js';

type QuotaSet = Record<string, unknown>;
const admin = { as: 'admin' };

describe('quotas', () => {
  const world = useBlockStorageWorld();

  const path = `/os-quota-sets/${demoProject}`;
  const show = async (query = ''): Promise<QuotaSet> => (await world().api<{ quota_set: QuotaSet }>('GET', path + query, undefined, admin)).quota_set;
  const set = async (quotas: QuotaSet): Promise<QuotaSet> => (await world().api<{ quota_set: QuotaSet }>('PUT', path, { quota_set: quotas }, admin)).quota_set;
  const createType = (name: string): Promise<{ volume_type: { id: string } }> => world().api('POST', '/types', { volume_type: { name } }, admin);

  it('are shown with those of each volume type, and what is used', async () => {
    await createType('gold');
    expect(await show()).toEqual({
      id: demoProject, volumes: 10, gigabytes: 1000, snapshots: 10, backups: 10, backup_gigabytes: 1000, groups: 10, per_volume_gigabytes: -1,
      volumes_gold: -1, gigabytes_gold: -1, snapshots_gold: -1, volumes___DEFAULT__: -1, gigabytes___DEFAULT__: -1, snapshots___DEFAULT__: -1,
    });
    await world().availableVolume({ size: 3, volume_type: 'gold' });
    expect(await show('?usage=True')).toMatchObject({
      volumes: { in_use: 1, limit: 10, reserved: 0 }, gigabytes: { in_use: 3, limit: 1000, reserved: 0 }, volumes_gold: { in_use: 1, limit: -1, reserved: 0 },
      gigabytes_gold: { in_use: 3, limit: -1, reserved: 0 }, volumes___DEFAULT__: { in_use: 0, limit: -1, reserved: 0 },
    });
    expect((await world().try('GET', `${path}?usage=perhaps`, undefined, admin)).status).toBe(400);
  });

  it('are set for a project, not below what it uses, and given back', async () => {
    await world().availableVolume({ size: 2 });
    expect(await set({ volumes: 11, gigabytes: '1009', per_volume_gigabytes: 1009, id: demoProject })).toMatchObject({ volumes: 11, gigabytes: 1009, per_volume_gigabytes: 1009, groups: 10 });
    for (const wrong of [{ gigabytes: 1 }, { nonsense: 1 }, { volumes: -2 }, { volumes: 'x' }, { volumes_nonsense: 1 }, { volumes: 2 ** 31 }]) {
      expect((await world().try('PUT', path, { quota_set: wrong }, admin)).status).toBe(400);
    }
    expect((await world().api<{ quota_set: QuotaSet }>('GET', `${path}/defaults`, undefined, admin)).quota_set).toMatchObject({ id: demoProject, volumes: 10 });
    expect((await world().try('DELETE', path, undefined, admin)).status).toBe(200);
    expect(await show()).toMatchObject({ volumes: 10, gigabytes: 1000, per_volume_gigabytes: -1 });
  });

  it('hold for volumes of a type, keep holding when it gets another name, and end with it', async () => {
    const { volume_type: { id } } = await createType('gold');
    await set({ volumes_gold: 1, gigabytes_gold: 5 });
    expect((await world().try('POST', '/volumes', { volume: { size: 6, volume_type: 'gold' } })).body).toMatchObject({
      overLimit: { code: 413, message: expect.stringContaining('exceeds allowed gigabytes_gold quota. Requested 6G, quota is 5G and 0G has been consumed.') },
    });
    const volume = await world().availableVolume({ volume_type: 'gold' });
    await world().api('PUT', `/types/${id}`, { volume_type: { name: 'silver' } }, admin);
    expect(await show()).toMatchObject({ volumes_silver: 1, gigabytes_silver: 5 });
    expect((await world().try('POST', '/volumes', { volume: { size: 1, volume_type: 'silver' } })).body).toMatchObject({
      overLimit: { message: expect.stringContaining("VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes_silver'") },
    });
    await world().try('DELETE', `/volumes/${volume}`);
    await world().settled();
    await world().try('DELETE', `/types/${id}`, undefined, admin);
    await createType('silver');
    expect(await show()).toMatchObject({ volumes_silver: -1 });
  });

  it('hold for volumes that get the type later', async () => {
    await createType('gold');
    await set({ volumes_gold: 0 });
    const id = await world().availableVolume();
    const retype = { 'os-retype': { new_type: 'gold', migration_policy: 'never' } };
    expect((await world().act(id, retype)).body).toMatchObject({ overLimit: { message: expect.stringContaining("quota 'volumes_gold'") } });
    await set({ volumes_gold: 1 });
    expect((await world().act(id, retype)).status).toBe(202);
    expect(await show('?usage=True')).toMatchObject({ volumes: { in_use: 1 }, volumes_gold: { in_use: 1 }, volumes___DEFAULT__: { in_use: 0 } });
  });

  it('of those without their own are the class default\'s', async () => {
    const classPath = '/os-quota-class-sets/default';
    await createType('gold');
    expect((await world().api('PUT', classPath, { quota_class_set: { volumes: 7, volumes_gold: 3 } }, admin)).quota_class_set).toMatchObject({ volumes: 7, volumes_gold: 3, gigabytes: 1000 });
    expect((await world().api('GET', classPath, undefined, admin)).quota_class_set).toMatchObject({ id: 'default', volumes: 7 });
    expect(await show()).toMatchObject({ volumes: 7, volumes_gold: 3 });
    expect((await world().try('PUT', '/os-quota-class-sets/other', { quota_class_set: { volumes: 7 } }, admin)).status).toBe(400);
  });

  it('are told as limits, of other projects to administrators', async () => {
    await world().availableVolume({ size: 3 });
    const absolute = async (query = '', as = 'alice', version = '3.39'): Promise<QuotaSet> =>
      (await world().api<{ limits: { absolute: QuotaSet } }>('GET', `/limits${query}`, undefined, { as, version })).limits.absolute;
    const expected = {
      maxTotalVolumes: 10, maxTotalVolumeGigabytes: 1000, maxTotalSnapshots: 10, maxTotalBackups: 10, maxTotalBackupGigabytes: 1000,
      totalVolumesUsed: 1, totalGigabytesUsed: 3, totalSnapshotsUsed: 0, totalBackupsUsed: 0, totalBackupGigabytesUsed: 0,
    };
    expect(await absolute()).toEqual(expected);
    expect(await absolute(`?project_id=${demoProject}`, 'admin')).toEqual(expected);
    expect(await absolute(`?project_id=${demoProject}`, 'admin', '3.38')).toMatchObject({ totalVolumesUsed: 0 });
    expect(await absolute(`?project_id=${demoProject}`, 'bob')).toMatchObject({ totalVolumesUsed: 0 });
    expect(await absolute('', 'guest')).not.toHaveProperty('totalVolumesUsed');
  });
});
