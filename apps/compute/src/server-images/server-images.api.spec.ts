import { demoProject, type ApiAnswer } from '@virga/testing';
import { FLAVOR, IMAGE, inVersion, useSharedComputeWorld } from '../testing/index.js';

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

  it('are not made of servers that something is being done to', async () => {
    const server = await booted();
    await create(server);
    expect((await create(server)).status).toBe(409);
    await world().settled();
  });
});

describe('images of servers that boot from a disk of their host', () => {
  const world = useSharedComputeWorld();
  const create = async (id: string, as = 'alice', version = '2.93'): Promise<ApiAnswer> => world().act(id, { createImage: { name: 'golden', metadata: { colour: 'red' } } }, as, version);
  const imageOf = ({ body }: ApiAnswer): string => (body as { image_id: string }).image_id;
  const guest = (id: string) => world().cloud.host('node-1').guests.get(id);

  it('hold the disk, say where they come from, and boot', async () => {
    const base = world().cloud.images.get(IMAGE);
    if (base !== undefined) Object.assign(base, { minRamMebibytes: 64, properties: { hw_disk_bus: 'virtio', img_signature: 'x', base_image_ref: 'older' } });
    const server = await world().activeServer();
    const answer = await create(server);
    expect(answer.status).toBe(202);
    expect(world().cloud.images.get(imageOf(answer))).toMatchObject({ status: 'queued' });
    expect((await world().server(server))['OS-EXT-STS:task_state']).toBe('image_snapshot');
    expect((await create(server)).status).toBe(409);
    await world().settled();
    expect(await world().server(server)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null });
    const image = world().cloud.images.get(imageOf(answer));
    expect(image).toMatchObject({
      status: 'active', name: 'golden', diskFormat: 'qcow2', ownerId: demoProject, minRamMebibytes: 64, minDiskGibibytes: 1,
      properties: { hw_disk_bus: 'virtio', base_image_ref: 'older', image_type: 'snapshot', instance_uuid: server, owner_id: demoProject, colour: 'red', boot_roles: expect.any(String) as string },
    });
    expect(image?.properties).not.toHaveProperty('img_signature');
    expect(guest(server)).toMatchObject({ boots: 1, diskImages: [] });
    const copy = await world().request({
      as: 'alice', method: 'POST', url: '/v2.1/servers', headers: inVersion('2.93'), body: { server: { name: 'copy', flavorRef: FLAVOR, imageRef: imageOf(answer), networks: 'none' } },
    });
    expect(copy.status).toBe(202);
    await world().settled();
    if (base !== undefined) Object.assign(base, { minRamMebibytes: 0, properties: {} });
  });

  it('are made of servers that are off, and go by themselves when their image is deleted meanwhile', async () => {
    const server = await world().activeServer();
    await world().act(server, { 'os-stop': null });
    await world().settled();
    const image = imageOf(await create(server));
    world().cloud.images.delete(image);
    await world().settled();
    expect(await world().server(server)).toMatchObject({ status: 'SHUTOFF', 'OS-EXT-STS:task_state': null });
    expect(guest(server)?.diskImages).toEqual([]);
  });

  it('are not made where their image demands that file systems are still', async () => {
    const base = world().cloud.images.get(IMAGE);
    if (base !== undefined) base.properties = { os_require_quiesce: 'yes' };
    const server = await world().activeServer();
    if (base !== undefined) base.properties = {};
    expect((await create(server)).status).toBe(409);
  });

  it('are let go with a server that is deleted meanwhile', async () => {
    const server = await world().activeServer();
    const image = imageOf(await create(server));
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${server}` });
    await world().settled();
    expect(await world().status(server)).toBe('DELETED');
    expect(world().cloud.images.get(image)?.status ?? 'gone').not.toBe('queued');
  });
});
