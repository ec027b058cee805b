import { survival } from '@virga/operations/harness';
import { demoProject } from '@virga/testing';
import { SimulatedPeers, SurvivalWorld, useComputeDatabase } from '../testing/index.js';
import { CreateDiskImage } from './create-disk-image.operation.js';
import { CreateServerImage } from './create-server-image.operation.js';

describe('the making of images', () => {
  const database = useComputeDatabase();
  let peers: SimulatedPeers | undefined;
  afterAll(() => peers?.close());
  const itSurvives = survival(() => SurvivalWorld.open(database, async (cloud) => {
    peers = await SimulatedPeers.start(cloud);
    return { network: peers.url, image: peers.url, blockStorage: peers.url };
  }));

  itSurvives(CreateDiskImage, {
    given: async (world) => {
      const server = await world.activeServer();
      const answer = await world.act(server, { createImage: { name: 'golden' } });
      return { server, image: (answer.body as { image_id: string }).image_id };
    },
    whenItCompletes: async (world, { server, image }) => {
      expect(world.cloud.images.get(image)).toMatchObject({ status: 'active' });
      await expectUnchanged(world, server);
    },
    whenItFails: async (world, { server, image }) => {
      // A failure after the last step's work finds an image that is active already.
      expect(world.cloud.images.get(image)?.status ?? 'gone').not.toBe('queued');
      // What its host still keeps goes with the guest, or with the next image.
      expect(await world.server(server)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null });
    },
    disasters: {
      'its host vanishes': async (world) => {
        for (const host of world.cloud.hosts.values()) host.isGone = true;
      },
    },
  });

  itSurvives(CreateServerImage, {
    given: async (world) => {
      const { id } = world.cloud.storage.addVolume({ projectId: demoProject, isBootable: true });
      const server = await world.activeServer({ imageRef: '', block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume', uuid: id, boot_index: 0 }] });
      const answer = await world.act(server, { createImage: { name: 'golden' } });
      return { server, image: (answer.body as { image_id: string }).image_id };
    },
    whenItCompletes: async (world, { server, image }) => {
      expect(world.cloud.images.get(image)).toMatchObject({ status: 'active' });
      expect([...world.cloud.storage.snapshots.values()]).toMatchObject([{ status: 'available' }]);
      expect(await world.server(server)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null });
    },
    whenItFails: async (world, { server, image }) => {
      // A failure after the last step's work finds an image that is active already.
      expect(world.cloud.images.get(image)?.status ?? 'gone').not.toBe('queued');
      expect(await world.server(server)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null });
    },
    disasters: {
      'block storage vanishes': async (world) => {
        world.cloud.storage.isGone = true;
      },
      'the storage host vanishes': async (world) => {
        world.cloud.storage.isStuck = true;
      },
    },
  });
});

/** The server is as before, and its host keeps nothing for the image. */
async function expectUnchanged(world: SurvivalWorld, id: string): Promise<void> {
  expect(await world.server(id)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null });
  expect(world.cloud.host('node-1').guests.get(id) ?? world.cloud.host('node-2').guests.get(id)).toMatchObject({ boots: 1, diskImages: [] });
}
