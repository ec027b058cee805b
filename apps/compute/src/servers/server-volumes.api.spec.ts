import type { VolumeFact } from '@virga/contracts-block-storage';
import { minutes, seconds } from '@virga/kernel';
import { demoProject, type ApiAnswer } from '@virga/testing';
import { aBootImage, FLAVOR, IMAGE, useComputeWorld } from '../testing/index.js';

const OTHER = '33333333-3333-4333-8333-333333333333';

describe('servers with volumes', () => {
  const world = useComputeWorld();
  const storage = () => world().cloud.storage;
  const volume = (more: Partial<VolumeFact> = {}): VolumeFact => storage().addVolume({ projectId: demoProject, ...more });
  const create = (server: Record<string, unknown>, version = '2.93'): Promise<ApiAnswer> => world().request({
    as: 'alice', method: 'POST', url: '/v2.1/servers', headers: { 'openstack-api-version': `compute ${version}` },
    body: { server: { name: 'web', flavorRef: FLAVOR, networks: 'auto', ...server } },
  });
  const message = ({ body }: ApiAnswer): string => Object.values(body as Record<string, { message: string }>)[0]?.message ?? '';
  const root = (id: string, more: object = {}): Record<string, unknown> => ({ block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume', uuid: id, boot_index: 0, ...more }] });
  const booted = async (server: Record<string, unknown>): Promise<string> => {
    const answer = await create(server);
    if (answer.status !== 202) throw new Error(message(answer));
    await world().settled();
    return (answer.body as { server: { id: string } }).server.id;
  };
  const guest = (id: string) => world().cloud.host('node-1').guests.get(id);
  const room = async (): Promise<Record<string, number>> => {
    const rows = await world().database.sql<{ resource_class: string; used: number }>`SELECT resource_class, used FROM allocation`;
    return Object.fromEntries(rows.map(({ resource_class: name, used }) => [name, used]));
  };

  it('boot from a volume without a disk of their own', async () => {
    const disk = volume({ isBootable: true });
    const id = await booted(root(disk.id, { tag: 'boot' }));
    expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', image: '', 'os-extended-volumes:volumes_attached': [{ id: disk.id, delete_on_termination: false }] });
    expect(guest(id)?.spec.disks).toEqual([]);
    expect(guest(id)?.volumes).toMatchObject([{ volumeId: disk.id, target: 'vda', connection: { kind: 'nbd-unix' } }]);
    expect(storage().volumes.get(disk.id)).toMatchObject({ status: 'in-use' });
    expect(Object.keys(await room()).sort()).toEqual(['MEMORY_MB', 'VCPU']);
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    await world().settled();
    expect(await world().status(id)).toBe('DELETED');
    expect(storage().volumes.get(disk.id)).toMatchObject({ status: 'available' });
    expect(storage().attachments.size).toBe(0);
  });

  it('bring volumes from an image, a snapshot or nothing with them, in their order, and take along those that should go', async () => {
    const snapshot = storage().addSnapshot({ projectId: demoProject, sizeGibibytes: 3 });
    const id = await booted({ block_device_mapping_v2: [
      { source_type: 'image', destination_type: 'volume', uuid: IMAGE, boot_index: 0, volume_size: 2, delete_on_termination: true, volume_type: 'fast' },
      { source_type: 'snapshot', destination_type: 'volume', uuid: snapshot.id, device_name: '/dev/vdf' },
      { source_type: 'blank', destination_type: 'volume', volume_size: '5', tag: 'data' },
    ] });
    expect(guest(id)?.volumes.map(({ target }) => target)).toEqual(['vda', 'vdf', 'vdb']);
    const made = guest(id)?.volumes.map(({ volumeId }) => storage().volumes.get(volumeId));
    expect(made).toMatchObject([{ sizeGibibytes: 2, volumeType: 'fast' }, { sizeGibibytes: 3 }, { sizeGibibytes: 5 }]);
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    await world().settled();
    expect([...storage().volumes.values()].map(({ sizeGibibytes, status }) => [sizeGibibytes, status])).toEqual([[3, 'available'], [5, 'available']]);
  });

  it('understand Nova\'s older words for volumes', async () => {
    const disk = volume({ isBootable: true });
    const id = await booted({ block_device_mapping: [{ device_name: 'vda', volume_id: disk.id, delete_on_termination: '1' }] });
    expect(await world().server(id)).toMatchObject({ 'os-extended-volumes:volumes_attached': [{ id: disk.id, delete_on_termination: true }] });
  });

  it('that boot from an image have further volumes after the flavor\'s disks', async () => {
    const [one, two] = [volume(), volume()];
    const id = await booted({ imageRef: IMAGE, block_device_mapping_v2: [one, two].map(({ id: uuid }) => ({ source_type: 'volume', destination_type: 'volume', uuid })) });
    expect(guest(id)?.spec.disks.map(({ target }) => target)).toEqual(['vda']);
    expect(guest(id)?.volumes.map(({ volumeId, target }) => [volumeId, target])).toEqual([[one.id, 'vdb'], [two.id, 'vdc']]);
    expect(await room()).toMatchObject({ DISK_GB: 1 });
  });

  it('take their devices from an image that was made of a server with volumes', async () => {
    const snapshot = storage().addSnapshot({ projectId: demoProject, isBootable: true });
    const mapping = [{ source_type: 'snapshot', destination_type: 'volume', snapshot_id: snapshot.id, boot_index: 0, volume_size: 1, delete_on_termination: false, device_name: '/dev/vda' }];
    world().cloud.images.set(OTHER, aBootImage(OTHER, { sizeBytes: 0, virtualSizeBytes: null, sha512: null, diskFormat: null, properties: { bdm_v2: 'True', block_device_mapping: JSON.stringify(mapping) } }));
    const id = await booted({ imageRef: OTHER });
    expect(await world().server(id)).toMatchObject({ image: '' });
    expect(guest(id)?.volumes).toMatchObject([{ target: 'vda' }]);
  });

  it.each([
    ['a foreign volume', () => root(volume({ projectId: 'theirs', isBootable: true }).id), 'failed to get volume'],
    ['a volume in use', () => root(volume({ status: 'in-use', isBootable: true }).id), 'status must be \'available\''],
    ['a volume that holds no system', () => root(volume().id), 'is not bootable'],
    ['the same volume twice', () => ({ imageRef: IMAGE, block_device_mapping_v2: [1, 2].map(() => ({ source_type: 'volume', destination_type: 'volume', uuid: OTHER })) }), 'named twice'],
    ['a volume for two servers', () => ({ ...root(volume({ isBootable: true }).id), min_count: 2 }), 'multiple instances'],
    ['no volume to boot from', () => ({ block_device_mapping_v2: [{ source_type: 'blank', destination_type: 'volume', volume_size: 1 }] }), 'Boot sequence'],
    ['two volumes to boot from', () => ({ block_device_mapping_v2: [1, 2].map(() => ({ source_type: 'image', destination_type: 'volume', uuid: IMAGE, volume_size: 1, boot_index: 0 })) }), 'Boot sequence'],
    ['a volume of an image without a size', () => ({ block_device_mapping_v2: [{ source_type: 'image', destination_type: 'volume', uuid: IMAGE, boot_index: 0 }] }), 'non-zero size'],
    ['a volume smaller than its snapshot', () => ({ imageRef: IMAGE, block_device_mapping_v2: [{ source_type: 'snapshot', destination_type: 'volume', volume_size: 1, uuid: storage().addSnapshot({ projectId: demoProject, sizeGibibytes: 2 }).id }] }), 'is smaller than snapshot'],
    ['an unknown snapshot', () => ({ imageRef: IMAGE, block_device_mapping_v2: [{ source_type: 'snapshot', destination_type: 'volume', uuid: OTHER }] }), 'failed to get snapshot'],
    ['an unknown image', () => ({ imageRef: IMAGE, block_device_mapping_v2: [{ source_type: 'image', destination_type: 'volume', uuid: OTHER, volume_size: 1 }] }), 'failed to get image'],
    ['a blank volume without a size', () => ({ imageRef: IMAGE, block_device_mapping_v2: [{ source_type: 'blank', destination_type: 'volume' }] }), 'non-zero size'],
    ['an ephemeral disk that the flavor has not', () => ({ imageRef: IMAGE, block_device_mapping_v2: [{ source_type: 'blank', destination_type: 'local', volume_size: 7 }] }), 'ephemeral'],
    ['a volume in the place of the root disk', () => ({ imageRef: IMAGE, block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume', uuid: volume().id, device_name: 'vda' }] }), 'same device name as the root device'],
    ['both syntaxes', () => ({ imageRef: IMAGE, block_device_mapping: [{ volume_id: OTHER }], ...root(OTHER) }), 'different block_device_mapping syntaxes'],
  ] as [string, () => object, string][])('are refused with %s', async (_, server, words) => {
    const answer = await create(server() as Record<string, unknown>);
    expect(answer.status).toBe(400);
    expect(message(answer)).toContain(words);
    expect(await world().count('server')).toBe(0);
  });

  it('share a volume only where the caller knows that this is possible', async () => {
    const shared = volume({ isMultiattach: true });
    const server = { imageRef: IMAGE, block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume', uuid: shared.id }] };
    expect(message(await create(server, '2.59'))).toContain('starting with compute API version 2.60');
    const [one, two] = [await booted(server), await booted(server)];
    expect([one, two].map((id) => guest(id)?.volumes[0])).toMatchObject([{ volumeId: shared.id, isShared: true }, { volumeId: shared.id, isShared: true }]);
  });

  it('whose volume cannot be made are in ERROR, say why, and leave nothing', async () => {
    storage().refusal = { code: 'block-storage.scheduling.no-valid-backend', message: 'No weighed backends available.' };
    const id = await booted({ block_device_mapping_v2: [{ source_type: 'image', destination_type: 'volume', uuid: IMAGE, boot_index: 0, volume_size: 2, delete_on_termination: true }] });
    expect(await world().server(id)).toMatchObject({ status: 'ERROR', fault: { message: expect.stringContaining('No weighed backends available.') as string }, 'os-extended-volumes:volumes_attached': [] });
    expect(storage().volumes.size).toBe(0);
    expect(await world().count('allocation')).toBe(0);
  });

  it('that lose a race for a volume are in ERROR, and the winner keeps it', async () => {
    const disk = volume();
    const server = { imageRef: IMAGE, block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume', uuid: disk.id }] };
    await Promise.all([create(server), create(server)]);
    await world().settled();
    const { servers } = (await world().request({ as: 'alice', method: 'GET', url: '/v2.1/servers/detail' })).body as { servers: { id: string; status: string }[] };
    expect(servers.map(({ status }) => status).sort()).toEqual(['ACTIVE', 'ERROR']);
    expect(storage().attachments.size).toBe(1);
  });

  it('go although block storage is away, and it lets go of their volumes when it is back', async () => {
    const disk = volume({ isBootable: true });
    const id = await booted(root(disk.id, { delete_on_termination: true }));
    storage().isGone = true;
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    for (let turn = 0; turn < 20; turn++) await world().pass(seconds(15));
    expect(await world().status(id)).toBe('DELETED');
    expect(storage().attachments.size).toBe(1);
    storage().isGone = false;
    for (let turn = 0; turn < 20; turn++) await world().pass(minutes(1));
    expect(storage().attachments.size).toBe(0);
    expect(storage().volumes.size).toBe(0);
  });

  describe('that boot from one and are rebuilt', () => {
    const rebuild = (id: string, imageRef: string, version: string): Promise<ApiAnswer> => world().act(id, { rebuild: { imageRef, name: 'renewed' } }, 'alice', version);

    it('have the image written over it since 2.93, and keep it meanwhile', async () => {
      const disk = volume({ isBootable: true, sizeGibibytes: 2, imageMetadata: { image_id: OTHER } });
      const id = await booted(root(disk.id));
      expect((await rebuild(id, IMAGE, '2.93')).status).toBe(202);
      expect(await world().status(id)).toBe('REBUILD');
      await world().settled();
      expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', name: 'renewed', image: '', 'OS-EXT-STS:task_state': null });
      expect(storage().volumes.get(disk.id)).toMatchObject({ status: 'in-use', imageMetadata: { image_id: IMAGE } });
      expect(guest(id)).toMatchObject({ power: 'running', volumes: [{ volumeId: disk.id, target: 'vda' }] });
      expect([...storage().attachments.values()]).toMatchObject([{ state: 'attached', host: 'node-1' }]);
    });

    it('need a volume that holds the image', async () => {
      const id = await booted(root(volume({ isBootable: true, sizeGibibytes: 0 }).id));
      expect(message(await rebuild(id, IMAGE, '2.93'))).toContain('the volume that the server boots from has 0');
      expect(await world().status(id)).toBe('ACTIVE');
    });

    it('keep what it holds before 2.93, and are refused another image', async () => {
      const disk = volume({ isBootable: true, imageMetadata: { image_id: IMAGE } });
      const id = await booted(root(disk.id));
      expect((await rebuild(id, IMAGE, '2.92')).status).toBe(202);
      await world().settled();
      expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', name: 'renewed' });
      expect(guest(id)?.volumes).toMatchObject([{ volumeId: disk.id }]);
      const other = await booted(root(volume({ isBootable: true, imageMetadata: { image_id: OTHER } }).id));
      expect(message(await rebuild(other, IMAGE, '2.92'))).toContain('different image');
    });
  });

  it('keep their volumes when they are stopped, started, rebooted and resized', async () => {
    await world().addFlavor('bigger', { vcpus: 2, memoryMebibytes: 1024, rootGibibytes: 20 });
    const disk = volume({ isBootable: true });
    const id = await booted(root(disk.id));
    for (const action of [{ 'os-stop': null }, { 'os-start': null }, { reboot: { type: 'HARD' } }, { resize: { flavorRef: 'bigger' } }, { confirmResize: null }]) {
      expect((await world().act(id, action)).status).toBeLessThan(300);
      await world().settled();
      expect(guest(id)?.volumes).toMatchObject([{ volumeId: disk.id, target: 'vda' }]);
    }
    expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', flavor: { vcpus: 2 } });
    expect(Object.keys(await room()).sort()).toEqual(['MEMORY_MB', 'VCPU']);
    expect(storage().attachments.size).toBe(1);
  });
});
