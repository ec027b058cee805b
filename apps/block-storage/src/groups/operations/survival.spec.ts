import { survival } from '@virga/operations/harness';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { CopyGroup } from './copy-group.operation.js';
import { DeleteGroup } from './delete-group.operation.js';

const disasters = {
  'its storage host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.vanish();
  },
};

const statusOf = async (world: SurvivalWorld, id: string): Promise<string | undefined> =>
  (await world.database.sql<{ status: string }>`SELECT status FROM volume_group WHERE id = ${id}`)[0]?.status;
const volumesOf = async (world: SurvivalWorld, id: string): Promise<string[]> =>
  (await world.database.sql<{ status: string }>`SELECT status FROM volume WHERE group_id = ${id} AND deleted_at IS NULL`).map(({ status }) => status);

describe('operations of groups', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(CopyGroup, {
    // One volume: how often a group looks at several depends on which of them is first.
    given: async (world) => {
      const source = await world.availableGroup({ volumes: 1 });
      return (await world.api<{ group: { id: string } }>('POST', '/groups/action', { 'create-from-src': { source_group_id: source } })).group.id;
    },
    whenItCompletes: async (world, id) => {
      expect(await statusOf(world, id)).toBe('available');
      expect(await volumesOf(world, id)).toEqual(['available']);
    },
    // Its volumes are their own operations' business.
    whenItFails: async (world, id) => expect(await statusOf(world, id)).toBe('error'),
    disasters,
  });

  itSurvives(DeleteGroup, {
    given: async (world) => {
      const id = await world.availableGroup({ volumes: 1 });
      await world.api('POST', `/groups/${id}/action`, { delete: { 'delete-volumes': true } });
      return id;
    },
    whenItCompletes: expectNothingLeft,
    whenItFails: async (world, id) => {
      // Where the first look fails for good, the volumes are still going: then the group says so, and can be deleted again.
      expect(['error', undefined]).toContain(await statusOf(world, id));
      expect(await volumesOf(world, id)).toEqual([]);
    },
    disasters,
  });
});

async function expectNothingLeft(world: SurvivalWorld, id: string): Promise<void> {
  expect(await statusOf(world, id)).toBeUndefined();
  expect(await volumesOf(world, id)).toEqual([]);
  expect(await world.cloud.volumes()).toEqual([]);
}
