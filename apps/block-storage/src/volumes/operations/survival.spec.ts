import { survival } from '@virga/operations/harness';
import { IMAGE, SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { CreateVolume } from './create-volume.operation.js';
import { DeleteVolume } from './delete-volume.operation.js';
import { ExtendVolume } from './extend-volume.operation.js';
import { VolumeExtension } from '../volume-extension.js';
import { VolumesRepository } from '../volumes.repository.js';

const disasters = {
  'its storage host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.vanish();
  },
};

describe('operations of volumes', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(CreateVolume, {
    given: (world) => world.createVolume({ imageRef: IMAGE }),
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('available');
      expect(await world.cloud.volumes()).toEqual([{ id, backend: expect.stringMatching(/^node-[12]@file$/), sizeBytes: 1024 ** 3 }]);
    },
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toBe('error');
      expect(await world.cloud.volumes()).toEqual([]);
    },
    disasters,
  });

  itSurvives(DeleteVolume, {
    given: async (world) => {
      const id = await world.availableVolume();
      await world.api('DELETE', `/volumes/${id}`);
      return id;
    },
    whenItCompletes: expectNothingLeft,
    // Deletion does not fail for what a step stumbles over: its abandoning does what is left.
    whenItFails: expectNothingLeft,
    disasters,
  });

  itSurvives(ExtendVolume, {
    given: async (world) => {
      const id = await world.availableVolume();
      const { app } = world.running;
      await world.database.transaction(async (tx) => {
        const volume = await app.get(VolumesRepository).lock(tx, id);
        await app.get(VolumeExtension).start(tx, volume, { sizeGibibytes: 3, mayBeAttached: false }, { requestId: 'req-extend' });
      });
      return id;
    },
    whenItCompletes: async (world, id) => {
      expect(await world.volume(id)).toMatchObject({ status: 'available', size: 3 });
      expect(await world.cloud.volumes()).toEqual([expect.objectContaining({ id, sizeBytes: 3 * 1024 ** 3 })]);
    },
    whenItFails: async (world, id) => {
      expect(await world.volume(id)).toMatchObject({ status: 'error_extending', size: 1 });
    },
    disasters,
  });
});

async function expectNothingLeft(world: SurvivalWorld, id: string): Promise<void> {
  expect(await world.status(id)).toBe('deleted');
  expect(await world.cloud.volumes()).toEqual([]);
}
