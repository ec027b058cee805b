import { randomUUID } from 'node:crypto';
import { describeVolumes, ensureVolumeFor, releaseVolumes } from '@virga/contracts-block-storage';
import { demoProject, otherProject } from '@virga/testing';
import { IMAGE, useBlockStorageWorld } from '../testing/index.js';

describe('what compute asks about volumes', () => {
  const world = useBlockStorageWorld();
  const asker = { projectId: demoProject, isAdmin: false };
  const wish = (volumeId: string, more = {}) => ({
    ...asker, volumeId, userId: 'user-alice', name: 'root', sizeGibibytes: 1, volumeType: null, availabilityZone: null, source: { kind: 'image' as const, imageId: IMAGE }, ...more,
  });

  it('are volumes as they are, of the project alone', async () => {
    const id = await world().availableVolume();
    expect(await world().ask(describeVolumes, { ...asker, volumeIds: [id] })).toEqual({
      volumes: [expect.objectContaining({ id, status: 'available', sizeGibibytes: 1, volumeType: '__DEFAULT__', isEncrypted: false, fault: null })],
    });
    await expect(world().ask(describeVolumes, { projectId: otherProject, isAdmin: false, volumeIds: [id] })).rejects.toMatchObject({ kind: 'not-found' });
    await expect(world().ask(describeVolumes, { ...asker, volumeIds: [randomUUID()] })).rejects.toMatchObject({ code: 'block-storage.volume.unknown' });
  });

  it('makes one volume however often it is asked, also at once', async () => {
    const id = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => world().ask(ensureVolumeFor, wish(id))));
    expect(answers.map(({ status }) => status)).toEqual(['creating', 'creating', 'creating']);
    await world().settled();
    expect(await world().ask(ensureVolumeFor, wish(id))).toMatchObject({ id, status: 'available', isBootable: true, imageMetadata: { image_id: IMAGE } });
    expect(await world().count('volume')).toBe(1);
  });

  it('refuses what does not fit, and more than the quota', async () => {
    await expect(world().ask(ensureVolumeFor, wish(randomUUID(), { source: { kind: 'image', imageId: randomUUID() } }))).rejects.toMatchObject({ kind: 'invalid' });
    await expect(world().ask(ensureVolumeFor, wish(randomUUID(), { sizeGibibytes: 2000 }))).rejects.toMatchObject({ kind: 'over-limit' });
  });

  it('lets volumes go that should go with their server, and minds none that are gone', async () => {
    const id = await world().availableVolume();
    await world().ask(releaseVolumes, { volumeIds: [id, randomUUID()] });
    await world().settled();
    await world().ask(releaseVolumes, { volumeIds: [id] });
    expect(await world().status(id)).toBe('deleted');
    expect(await world().cloud.volumes()).toEqual([]);
  });
});
