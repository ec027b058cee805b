import type { AnyOperation } from '@virga/operations';
import { survival } from '@virga/operations/harness';
import { demoProject } from '@virga/testing';
import { IMAGE, useComputeDatabase } from '../../testing/index.js';
import { SurvivalWorld } from '../../testing/index.js';
import { StopServer } from './power-server.operations.js';
import { PowerSteps } from './power-steps.js';
import { RebuildServer } from './rebuild-server.operation.js';
import { ReshapeSteps } from './reshape-steps.js';
import { ResizeServer } from './resize-server.operations.js';

const disasters = {
  'its host vanishes': async (world: SurvivalWorld) => {
    for (const host of world.cloud.hosts.values()) host.isGone = true;
  },
  'its network vanishes': async (world: SurvivalWorld) => {
    world.cloud.network.isGone = true;
  },
};

describe('changes of servers', () => {
  const database = useComputeDatabase();
  const itSurvives = survival(() => SurvivalWorld.open(database), declared);

  itSurvives(StopServer, {
    given: (world) => begun(world, { 'os-stop': null }),
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('SHUTOFF');
      expect(world.cloud.guests()).toMatchObject([{ id, power: 'shutdown' }]);
    },
    // What the host says counts, whether or not it has obeyed; what it says later is noted by the reconciler.
    whenItFails: async (world, id) => {
      await world.reconcile('servers');
      const [guest] = world.cloud.guests();
      expect(await world.status(id)).toBe(guest?.power === 'shutdown' ? 'SHUTOFF' : 'ACTIVE');
    },
    disasters,
  });

  itSurvives(RebuildServer, {
    given: (world) => begun(world, { rebuild: { imageRef: IMAGE } }, { 'os-stop': null }),
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('SHUTOFF');
      expect(world.cloud.guests()).toMatchObject([{ id, power: 'shutdown' }]);
    },
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toBe('ERROR');
    },
    disasters,
  });

  describe('of servers that boot from volumes', () => {
    itSurvives(RebuildServer, {
      given: async (world) => {
        const { id: volume } = world.cloud.storage.addVolume({ projectId: demoProject, isBootable: true, sizeGibibytes: 2 });
        const server = await world.activeServer({ imageRef: '', block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume', uuid: volume, boot_index: 0 }] });
        await world.act(server, { 'os-stop': null });
        await world.settled();
        const answer = await world.act(server, { rebuild: { imageRef: IMAGE } }, 'alice', '2.93');
        if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
        return { server, volume };
      },
      whenItCompletes: async (world, { server, volume }) => {
        expect(await world.status(server)).toBe('SHUTOFF');
        expect(world.cloud.storage.volumes.get(volume)).toMatchObject({ status: 'in-use', imageMetadata: { image_id: IMAGE } });
      },
      // Whatever became of the image, the volume is the server's.
      whenItFails: async (world, { server, volume }) => {
        expect(await world.status(server)).toBe('ERROR');
        expect([...world.cloud.storage.attachments.values()]).toMatchObject([{ volumeId: volume, serverId: server }]);
      },
    });
  });

  itSurvives(ResizeServer, {
    given: async (world) => {
      await world.addFlavor('bigger', { vcpus: 2, memoryMebibytes: 1024, rootGibibytes: 1 });
      return begun(world, { resize: { flavorRef: 'bigger' } }, { 'os-stop': null });
    },
    whenItCompletes: async (world, id) => {
      expect(await world.status(id)).toBe('VERIFY_RESIZE');
      expect(world.cloud.guests()).toMatchObject([{ id, power: 'shutdown' }]);
    },
    whenItFails: async (world, id) => {
      expect(await world.status(id)).toMatch(/^(SHUTOFF|ERROR)$/);
    },
    disasters,
  });
});

/** Kind and steps of an operation: some take their steps from a part, which makes them without its own parts. */
function declared(kind: unknown): AnyOperation {
  const bare = <Made>(made: unknown, ...parts: unknown[]): Made => new (made as new (...given: unknown[]) => Made)(...parts);
  return bare<AnyOperation>(kind, kind === ResizeServer ? bare<ReshapeSteps>(ReshapeSteps) : bare<PowerSteps>(PowerSteps));
}

/** A server to which something is being done, after something else. */
async function begun(world: SurvivalWorld, action: object, before?: object): Promise<string> {
  const id = await world.activeServer();
  for (const next of [before ?? [], action].flat()) {
    await world.settled();
    const answer = await world.act(id, next);
    if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return id;
}
