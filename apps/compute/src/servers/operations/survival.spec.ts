import { survival } from '@virga/operations/harness';
import { IMAGE, useComputeDatabase } from '../../testing/index.js';
import { SurvivalWorld } from '../../testing/index.js';
import { CreateServer } from './create-server.operation.js';
import { DeleteServer } from './delete-server.operation.js';

const disasters = {
  'its host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.isGone = true;
  },
  'its network vanishes': async (world: SurvivalWorld) => {
    world.cloud.network.isGone = true;
  },
};
const storageDisasters = {
  'block storage vanishes': async (world: SurvivalWorld) => {
    world.cloud.storage.isGone = true;
  },
  'the storage host vanishes': async (world: SurvivalWorld) => {
    world.cloud.storage.isStuck = true;
  },
};
/** A server that boots from a volume made with it, which goes with it. */
const volumeBacked = { block_device_mapping_v2: [{ source_type: 'image', destination_type: 'volume', uuid: IMAGE, boot_index: 0, volume_size: 1, delete_on_termination: true }], imageRef: '' };

describe('operations of servers', () => {
  const database = useComputeDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(CreateServer, {
    given: (world) => world.createServer(),
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('ACTIVE');
      expect(world.cloud.guests()).toEqual([{ id, host: (await world.server(id))['OS-EXT-SRV-ATTR:host'], power: 'running' }]);
    },
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toBe('ERROR');
      expect((await world.server(id))['fault']).toMatchObject({ code: 500, message: 'The harness made this step fail.' });
      expect(world.cloud.guests()).toEqual([]);
      expect(world.cloud.network.ports.size).toBe(0);
      expect(await world.count('allocation')).toBe(0);
    },
    disasters,
  });

  itSurvives(DeleteServer, {
    given: async (world) => {
      const id = await world.activeServer();
      await world.request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
      return id;
    },
    whenItCompletes: expectNothingLeft,
    // Deletion does not fail: what a step refuses for good, its abandoning does.
    whenItFails: expectNothingLeft,
    disasters,
  });
});

describe('operations of servers with volumes', () => {
  const database = useComputeDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database));

  itSurvives(CreateServer, {
    given: (world) => world.createServer(volumeBacked),
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('ACTIVE');
      expect(world.cloud.guests()).toMatchObject([{ id, power: 'running' }]);
      expect([...world.cloud.storage.attachments.values()]).toMatchObject([{ serverId: id, state: 'attached' }]);
    },
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toBe('ERROR');
      expect(world.cloud.guests()).toEqual([]);
      expect(world.cloud.storage.attachments.size).toBe(0);
      expect(world.cloud.storage.volumes.size).toBe(0);
    },
    disasters: storageDisasters,
  });

  itSurvives(DeleteServer, {
    given: async (world) => {
      const id = await world.activeServer(volumeBacked);
      await world.request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
      return id;
    },
    whenItCompletes: expectNothingLeft,
    whenItFails: expectNothingLeft,
    disasters: storageDisasters,
  });
});

async function expectNothingLeft(world: SurvivalWorld, id: string): Promise<void> {
  expect(await world.status(id)).toBe('DELETED');
  expect(world.cloud.guests()).toEqual([]);
  expect(world.cloud.network.ports.size).toBe(0);
  expect(await world.count('allocation')).toBe(0);
  expect(world.cloud.storage.attachments.size).toBe(0);
  expect(world.cloud.storage.volumes.size).toBe(0);
}
