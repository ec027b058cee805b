import { minutes, seconds } from '@virga/kernel';
import { useBlockStorageWorld } from '../../apps/block-storage/src/testing/index.js';
import { IMAGE, useComputeWorld } from '../../apps/compute/src/testing/index.js';
import { TwoServices } from './two-services.fixture.js';

describe('servers with volumes, across compute and block storage', () => {
  const [compute, storage] = [useComputeWorld(), useBlockStorageWorld()];
  let both: TwoServices;
  beforeEach(() => {
    both = new TwoServices(compute(), storage());
  });
  const active = async (body: Record<string, unknown> = {}): Promise<string> => {
    const id = await compute().createServer(body);
    await both.settled();
    expect(await compute().status(id)).toBe('ACTIVE');
    return id;
  };

  it('a guest reads and writes its volume while it is attached, and not afterwards', async () => {
    const [server, volume] = [await active(), await storage().availableVolume()];
    await both.attach(server, volume);
    expect(await storage().status(volume)).toBe('in-use');
    expect((await storage().volume(volume))['attachments']).toMatchObject([{ server_id: server, device: '/dev/vdb' }]);
    const disk = both.openDisk(server);
    disk.write(0, Buffer.from('mine'));
    expect(disk.read(0, 4).toString()).toBe('mine');

    expect((await both.askCompute('DELETE', `/servers/${server}/os-volume_attachments/${volume}`)).status).toBe(202);
    await both.settled();
    expect(() => disk.read(0, 4)).toThrow();
    expect(both.disksOf(server)).toEqual([]);
    expect(await both.exports()).toEqual([]);
    expect(await storage().status(volume)).toBe('available');
    expect((await storage().volume(volume))['attachments']).toEqual([]);
  });

  it('a volume that a server has is detached through compute only', async () => {
    const [server, volume] = [await active(), await storage().availableVolume()];
    await both.attach(server, volume);
    const [attachment] = (await storage().volume(volume))['attachments'] as { attachment_id: string }[];
    expect((await storage().try('DELETE', `/attachments/${attachment?.attachment_id}`)).status).toBe(409);
    expect((await storage().act(volume, { 'os-detach': {} })).status).toBe(409);
    expect((await storage().try('DELETE', `/volumes/${volume}`)).status).toBe(400);
    expect(both.openDisk(server).read(0, 1)).toHaveLength(1);
  });

  it('a second server does not get a volume that the first has', async () => {
    const [first, second, volume] = [await active(), await active(), await storage().availableVolume()];
    await both.attach(first, volume);
    expect((await both.askCompute('POST', `/servers/${second}/os-volume_attachments`, { volumeAttachment: { volumeId: volume } })).status).toBe(400);
    expect(await both.exports()).toHaveLength(1);
  });

  it('a server that is deleted gives its volumes back, and takes those with it that go with it', async () => {
    const [server, kept, gone] = [await active(), await storage().availableVolume(), await storage().availableVolume()];
    await both.attach(server, kept);
    await both.attach(server, gone, { delete_on_termination: true });
    expect((await both.askCompute('DELETE', `/servers/${server}`)).status).toBe(204);
    await both.settled();
    expect(await both.exports()).toEqual([]);
    expect(await storage().status(kept)).toBe('available');
    expect(await storage().status(gone)).toBe('deleted');
  });

  it('a server boots from a volume that is made of an image, and both go together', async () => {
    const server = await active({ imageRef: '', block_device_mapping_v2: [{ uuid: IMAGE, source_type: 'image', destination_type: 'volume', volume_size: 2, boot_index: 0, delete_on_termination: true }] });
    const [disk] = both.disksOf(server);
    expect(await storage().volume(disk?.volumeId ?? '')).toMatchObject({ status: 'in-use', size: 2, bootable: 'true', attachments: [{ server_id: server }] });
    await both.askCompute('DELETE', `/servers/${server}`);
    await both.settled();
    expect(await storage().cloud.volumes()).toEqual([]);
  });

  it('a guest learns that its volume has grown', async () => {
    const [server, volume] = [await active(), await storage().availableVolume()];
    await both.attach(server, volume);
    expect((await storage().act(volume, { 'os-extend': { new_size: 3 } })).status).toBe(202);
    await both.settled();
    expect(await storage().volume(volume)).toMatchObject({ status: 'in-use', size: 3 });
    const { diskSizes } = compute().cloud.host('node-1').guests.get(server) ?? {};
    expect(Object.values(diskSizes ?? {})).toEqual([3 * 1024 ** 3]);
    expect(both.openDisk(server).sizeBytes()).toBe(3 * 1024 ** 3);
  });

  it('a volume whose storage host dies while it is detached is nobody else\'s before that host has proven that it is free', async () => {
    const [server, volume] = [await active(), await storage().availableVolume()];
    await both.attach(server, volume);
    storage().cloud.host().vanish();
    await both.askCompute('DELETE', `/servers/${server}/os-volume_attachments/${volume}`);
    await both.settled();
    for (const time of [seconds(90), minutes(5), minutes(5)]) await both.pass(time);
    expect(await storage().status(volume)).toBe('error_detaching');
    expect((await both.askCompute('POST', `/servers/${await active()}/os-volume_attachments`, { volumeAttachment: { volumeId: volume } })).status).toBe(400);

    await storage().cloud.host().comeBack();
    await both.pass(minutes(10));
    expect(await both.exports()).toEqual([]);
    expect(await storage().status(volume)).toBe('available');
    await both.attach(await active(), volume);
    expect(await storage().status(volume)).toBe('in-use');
  }, 120_000);

  it('a volume that its storage host refuses to connect is tried once, and free again', async () => {
    const [server, volume] = [await active(), await storage().availableVolume()];
    storage().cloud.host().refusals.set('block-storage.agent.ensure-export', { code: 'driver.refused', message: 'no more hosts', isFinal: true });
    await both.attach(server, volume);
    const tries = await storage().database.sql`SELECT FROM operation WHERE kind = 'attachment.connect'`;
    expect(tries).toHaveLength(1);
    expect(both.disksOf(server)).toEqual([]);
    expect(await storage().status(volume)).toBe('available');
    const { body } = await both.askCompute('GET', `/servers/${server}/os-volume_attachments`);
    expect(body).toEqual({ volumeAttachments: [] });
  });

  it('compute\'s reconciler lets go of what a server that is gone still has', async () => {
    const [server, volume] = [await active(), await storage().availableVolume()];
    await both.attach(server, volume);
    await compute().database.sql`DELETE FROM block_device WHERE server_id = ${server}`;
    await compute().database.sql`UPDATE server SET state = 'deleted', deleted_at = now() WHERE id = ${server}`;
    await both.pass(seconds(1));
    expect(await compute().reconcile('block-devices')).toMatchObject({ corrected: 1, failures: 0 });
    await both.settled();
    expect(await both.exports()).toEqual([]);
    expect(await storage().status(volume)).toBe('available');
  });
});
