import { survival } from '@virga/operations/harness';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { CreateGroupSnapshot } from './create-group-snapshot.operation.js';
import { DeleteGroupSnapshot } from './delete-group-snapshot.operation.js';

const disasters = {
  'its storage host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.vanish();
  },
};

const statusesOf = async (world: SurvivalWorld): Promise<string[]> =>
  (await world.database.sql<{ status: string }>`SELECT status FROM group_snapshot UNION ALL SELECT status FROM snapshot WHERE deleted_at IS NULL`).map(({ status }) => status);

describe('operations of group snapshots', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(CreateGroupSnapshot, {
    given: async (world) => {
      const group = await world.availableGroup({ volumes: 2 });
      return (await world.api<{ group_snapshot: { id: string } }>('POST', '/group_snapshots', { group_snapshot: { group_id: group } })).group_snapshot.id;
    },
    whenItCompletes: async (world) => {
      expect(await statusesOf(world)).toEqual(['available', 'available', 'available']);
      expect(await world.cloud.snapshots()).toHaveLength(2);
    },
    whenItFails: async (world) => {
      expect(await statusesOf(world)).toEqual(['error', 'error', 'error']);
      expect(await world.cloud.snapshots()).toEqual([]);
    },
    disasters,
  });

  itSurvives(DeleteGroupSnapshot, {
    given: async (world) => {
      const id = await world.availableGroupSnapshot(await world.availableGroup({ volumes: 2 }));
      await world.api('DELETE', `/group_snapshots/${id}`);
      return id;
    },
    whenItCompletes: expectNothingLeft,
    // Deletion does not fail for what a step stumbles over: its abandoning does what is left.
    whenItFails: expectNothingLeft,
    disasters,
  });
});

async function expectNothingLeft(world: SurvivalWorld): Promise<void> {
  expect(await statusesOf(world)).toEqual([]);
  expect(await world.cloud.snapshots()).toEqual([]);
}
