import { survival } from '@virga/operations/harness';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { CreateSnapshots } from './create-snapshots.operation.js';
import { DeleteSnapshot } from './delete-snapshot.operation.js';

const disasters = {
  'its storage host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.vanish();
  },
};

const statusOf = async (world: SurvivalWorld, id: string): Promise<string | undefined> =>
  (await world.database.sql<{ status: string }>`SELECT status FROM snapshot WHERE id = ${id}`)[0]?.status;

describe('operations of snapshots', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(CreateSnapshots, {
    given: async (world) => {
      const volume = await world.availableVolume();
      return (await world.api<{ snapshot: { id: string } }>('POST', '/snapshots', { snapshot: { volume_id: volume } })).snapshot.id;
    },
    whenItCompletes: async (world, id) => {
      expect(await statusOf(world, id)).toBe('available');
      expect(await world.cloud.snapshots()).toEqual([id]);
    },
    whenItFails: async (world, id) => {
      expect(await statusOf(world, id)).toBe('error');
      expect(await world.cloud.snapshots()).toEqual([]);
    },
    disasters,
  });

  itSurvives(DeleteSnapshot, {
    given: async (world) => {
      const id = await world.availableSnapshot(await world.availableVolume());
      await world.api('DELETE', `/snapshots/${id}`);
      return id;
    },
    whenItCompletes: expectNothingLeft,
    // Deletion does not fail for what a step stumbles over: its abandoning does what is left.
    whenItFails: expectNothingLeft,
    disasters,
  });
});

async function expectNothingLeft(world: SurvivalWorld, id: string): Promise<void> {
  expect(await statusOf(world, id)).toBe('deleted');
  expect(await world.cloud.snapshots()).toEqual([]);
}
