import { survival } from '@virga/operations/harness';
import { IMAGE, useComputeDatabase } from '../../testing/index.js';
import { SurvivalWorld } from '../../testing/survival-world.js';
import { CreateServer } from './create-server.operation.js';
import { DeleteServer } from './delete-server.operation.js';
import { StopServer } from './power-server.operations.js';
import { RebuildServer } from './rebuild-server.operation.js';
import { ResizeServer } from './resize-server.operations.js';

const disasters = {
  'its host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.isGone = true;
  },
  'its network vanishes': async (world: SurvivalWorld) => {
    world.cloud.network.isGone = true;
  },
};

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

  itSurvives(StopServer, {
    given: (world) => begun(world, { 'os-stop': null }),
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('SHUTOFF');
      expect(world.cloud.guests()).toMatchObject([{ id, power: 'shutdown' }]);
    },
    // What the host says counts, whether or not it has obeyed.
    whenItFails: async (world, id) => {
      const [guest] = world.cloud.guests();
      expect(await world.status(id)).toBe(guest?.power === 'shutdown' ? 'SHUTOFF' : 'ACTIVE');
    },
    disasters,
  });

  itSurvives(RebuildServer, {
    given: (world) => begun(world, { rebuild: { imageRef: IMAGE } }),
    whenItCompletes: expectRunning,
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toBe('ERROR');
    },
    disasters,
  });

  itSurvives(ResizeServer, {
    given: async (world) => {
      await world.addFlavor('bigger', { vcpus: 2, memoryMebibytes: 1024, rootGibibytes: 1 });
      return begun(world, { resize: { flavorRef: 'bigger' } });
    },
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('VERIFY_RESIZE');
      expect(world.cloud.guests()).toMatchObject([{ id, power: 'running' }]);
    },
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toMatch(/^(ACTIVE|ERROR)$/);
    },
    disasters,
  });
});

/** A server to which something is being done. */
async function begun(world: SurvivalWorld, action: object): Promise<string> {
  const id = await world.activeServer();
  const answer = await world.act(id, action);
  if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return id;
}

async function expectRunning(world: SurvivalWorld, id: string): Promise<void> {
  expect(await world.status(id)).toBe('ACTIVE');
  expect(world.cloud.guests()).toMatchObject([{ id, power: 'running' }]);
}

async function expectNothingLeft(world: SurvivalWorld, id: string): Promise<void> {
  expect(await world.status(id)).toBe('DELETED');
  expect(world.cloud.guests()).toEqual([]);
  expect(world.cloud.network.ports.size).toBe(0);
  expect(await world.count('allocation')).toBe(0);
}
