import { demoProject, type ApiAnswer } from '@virga/testing';
import { FLAVOR, inVersion, useSharedComputeWorld } from '../testing/index.js';

describe('images of servers that boot from volumes', () => {
  const world = useSharedComputeWorld();
  const storage = () => world().cloud.storage;
  const booted = async (): Promise<string> => {
    const root = storage().addVolume({ projectId: demoProject, isBootable: true, sizeGibibytes: 3 });
    const data = storage().addVolume({ projectId: demoProject });
    return world().activeServer({ imageRef: '', block_device_mapping_v2: [
      { source_type: 'volume', destination_type: 'volume', uuid: root.id, boot_index: 0, delete_on_termination: true },
      { source_type: 'volume', destination_type: 'volume', uuid: data.id, tag: 'data' },
    ] });
  };
  const create = (id: string, version = '2.93', as = 'alice'): Promise<ApiAnswer> =>
    world().act(id, { createImage: { name: 'golden', metadata: { colour: 'red' } } }, as, version);

  it('name snapshots of all volumes, taken together, and boot again', async () => {
    const server = await booted();
    const answer = await create(server);
    expect(answer).toMatchObject({ status: 202, body: { image_id: expect.any(String) as string } });
    const { image_id: imageId } = answer.body as { image_id: string };
    expect((await world().server(server))['OS-EXT-STS:task_state']).toBe('image_snapshot');
    await world().settled();
    expect(await world().server(server)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null });
    const image = world().cloud.images.get(imageId);
    expect(image).toMatchObject({ status: 'active', name: 'golden', sizeBytes: 0, minDiskGibibytes: 3, properties: { colour: 'red', bdm_v2: 'True', root_device_name: '/dev/vda' } });
    const mapping = JSON.parse(image?.properties['block_device_mapping'] ?? '[]') as { snapshot_id: string }[];
    expect(mapping).toMatchObject([{ boot_index: 0, volume_size: 3, delete_on_termination: true, device_name: '/dev/vda' }, { boot_index: null, volume_size: 1, tag: 'data' }]);
    expect(mapping.map(({ snapshot_id: id }) => storage().snapshots.get(id)?.status)).toEqual(['available', 'available']);
    const copy = await world().request({
      as: 'alice', method: 'POST', url: '/v2.1/servers', headers: inVersion('2.93'), body: { server: { name: 'copy', flavorRef: FLAVOR, imageRef: imageId, networks: 'auto' } },
    });
    expect(copy.status).toBe(202);
    await world().settled();
    const { id } = (copy.body as { server: { id: string } }).server;
    expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', image: '', 'os-extended-volumes:volumes_attached': [{}, {}] });
  });

  it('are named in a header for older clients', async () => {
    const answer = await create(await booted(), '2.44');
    expect(answer.status).toBe(202);
    expect(answer.headers['location']).toMatch(/\/images\/[0-9a-f-]{36}$/);
    expect(answer.body).not.toHaveProperty('image_id');
    await world().settled();
  });

  it('are not made of servers that boot from their host, or that something is being done to', async () => {
    expect((await create(await world().activeServer())).status).toBe(501);
    const server = await booted();
    await create(server);
    expect((await create(server)).status).toBe(409);
    await world().settled();
  });
});
