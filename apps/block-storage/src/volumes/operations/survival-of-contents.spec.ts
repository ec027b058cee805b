import { survival } from '@virga/operations/harness';
import { IMAGE, SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { VolumesOnHosts } from '../volume-on-host.fixture.js';
import { ReimageVolume } from './reimage-volume.operation.js';
import { RevertVolume } from './revert-volume.operation.js';
import { UploadVolume } from './upload-volume.operation.js';

const disasters = {
  'its storage host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.vanish();
  },
};

/** A volume on the first host: what is written into it is looked for there. */
async function volumeOnFirst(world: SurvivalWorld): Promise<string> {
  await world.database.sql`UPDATE backend SET is_enabled = (host = 'node-1')`;
  return world.availableVolume();
}

async function act(world: SurvivalWorld, id: string, body: object): Promise<string> {
  const answer = await world.act(id, body, { as: 'admin' });
  if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
  return id;
}

describe('operations on the contents of volumes', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(UploadVolume, {
    given: async (world) => act(world, await world.availableVolume(), { 'os-volume_upload_image': { image_name: 'mine' } }),
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('available');
      expect([...world.cloud.images.values()].filter(({ name }) => name === 'mine')).toHaveLength(1);
    },
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toBe('available');
      expect([...world.cloud.images.values()].filter(({ name, status }) => name === 'mine' && status === 'queued')).toEqual([]);
    },
    disasters,
  });

  itSurvives(RevertVolume, {
    given: async (world) => {
      const hosts = new VolumesOnHosts(world);
      const id = await volumeOnFirst(world);
      await hosts.write(id, 'before');
      const snapshotId = await hosts.snapshot(id);
      await hosts.write(id, 'after!');
      return act(world, id, { revert: { snapshot_id: snapshotId } });
    },
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('available');
      expect(await new VolumesOnHosts(world).read(id, 6)).toBe('before');
      await expectSnapshotAvailable(world);
    },
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toBe('error');
      await expectSnapshotAvailable(world);
    },
    disasters,
  });

  itSurvives(ReimageVolume, {
    given: async (world) => {
      const id = await volumeOnFirst(world);
      await new VolumesOnHosts(world).write(id, 'mine');
      return act(world, id, { 'os-reimage': { image_id: IMAGE } });
    },
    whenItCompletes: async (world, id) => {
      expect(await world.volume(id)).toMatchObject({ status: 'available', bootable: 'true', volume_image_metadata: { image_id: IMAGE } });
      expect(await new VolumesOnHosts(world).read(id, 4)).toBe('\0\0\0\0');
    },
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toBe('error');
    },
    disasters,
  });
});

async function expectSnapshotAvailable(world: SurvivalWorld): Promise<void> {
  expect(await world.database.sql`SELECT status FROM snapshot`).toEqual([{ status: 'available' }]);
}
