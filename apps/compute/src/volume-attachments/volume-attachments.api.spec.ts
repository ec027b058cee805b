import { reserveAttachment, type VolumeFact } from '@virga/contracts-block-storage';
import { minutes, seconds } from '@virga/kernel';
import { demoProject, type ApiAnswer } from '@virga/testing';
import { useComputeWorld } from '../testing/index.js';

const NOBODY = '99999999-9999-4999-8999-999999999999';

describe('volumes of servers', () => {
  const world = useComputeWorld();
  const storage = () => world().cloud.storage;
  const volume = (more: Partial<VolumeFact> = {}): VolumeFact => storage().addVolume({ projectId: demoProject, ...more });
  const message = ({ body }: ApiAnswer): string => Object.values(body as Record<string, { message: string }>)[0]?.message ?? '';
  const ask = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, version = '2.93', as = 'alice'): Promise<ApiAnswer> =>
    world().request({ as, method, url: `/v2.1/servers/${path}`, headers: { 'openstack-api-version': `compute ${version}` }, ...(body !== undefined && { body }) });
  const attach = (server: string, id: string, more: object = {}, version = '2.93'): Promise<ApiAnswer> =>
    ask('POST', `${server}/os-volume_attachments`, { volumeAttachment: { volumeId: id, ...more } }, version);
  const detach = (server: string, id: string): Promise<ApiAnswer> => ask('DELETE', `${server}/os-volume_attachments/${id}`);
  const listed = async (server: string): Promise<Record<string, unknown>[]> =>
    ((await ask('GET', `${server}/os-volume_attachments`)).body as { volumeAttachments: Record<string, unknown>[] }).volumeAttachments;
  const guest = (id: string) => world().cloud.host('node-1').guests.get(id);
  const attached = async (): Promise<{ server: string; disk: VolumeFact }> => {
    const [server, disk] = [await world().activeServer(), volume()];
    await later();
    expect((await attach(server, disk.id)).status).toBe(200);
    await world().settled();
    await later();
    return { server, disk };
  };
  /** Each request in its own moment, so that a history has an order. */
  const later = (): Promise<void> => world().pass(seconds(1));
  const actions = async (server: string): Promise<unknown[]> =>
    ((await ask('GET', `${server}/os-instance-actions`)).body as { instanceActions: unknown[] }).instanceActions;

  it('come into a running guest, are shown, and go again', async () => {
    const [server, disk] = [await world().activeServer(), volume()];
    await later();
    expect(await attach(server, disk.id, { device: '/dev/vdd', tag: 'data', delete_on_termination: true })).toMatchObject({
      status: 200, body: { volumeAttachment: { id: disk.id, volumeId: disk.id, serverId: server, device: '/dev/vdd', tag: 'data', delete_on_termination: true } },
    });
    expect(storage().volumes.get(disk.id)?.status).toBe('reserved');
    await world().settled();
    expect(storage().volumes.get(disk.id)?.status).toBe('in-use');
    expect(guest(server)?.volumes).toMatchObject([{ volumeId: disk.id, target: 'vdd', connection: { kind: 'nbd-unix' } }]);
    expect(await world().server(server)).toMatchObject({ 'os-extended-volumes:volumes_attached': [{ id: disk.id, delete_on_termination: true }] });
    await later();
    expect((await detach(server, disk.id)).status).toBe(202);
    expect(storage().volumes.get(disk.id)?.status).toBe('detaching');
    await world().settled();
    expect(guest(server)?.volumes).toEqual([]);
    expect(await listed(server)).toEqual([]);
    expect(storage().volumes.get(disk.id)?.status).toBe('available');
    expect(await actions(server)).toMatchObject([{ action: 'detach_volume', message: null }, { action: 'attach_volume' }, { action: 'create' }]);
  });

  it('are shown as each version shows them', async () => {
    const { server, disk } = await attached();
    const show = async (version: string): Promise<unknown> => ((await ask('GET', `${server}/os-volume_attachments/${disk.id}`, undefined, version)).body as { volumeAttachment: unknown }).volumeAttachment;
    const shown = { volumeId: disk.id, serverId: server, device: '/dev/vdb' };
    expect(await show('2.69')).toEqual({ ...shown, id: disk.id });
    expect(await show('2.70')).toEqual({ ...shown, id: disk.id, tag: null });
    expect(await show('2.79')).toEqual({ ...shown, id: disk.id, tag: null, delete_on_termination: false });
    expect(await show('2.89')).toEqual({ ...shown, tag: null, delete_on_termination: false, attachment_id: expect.any(String) as string, bdm_uuid: expect.any(String) as string });
    expect((await ask('GET', `${server}/os-volume_attachments?colour=red`, undefined, '2.75')).status).toBe(400);
    expect((await ask('GET', `${server}/os-volume_attachments?colour=red&limit=1&offset=1`, undefined, '2.74')).body).toEqual({ volumeAttachments: [] });
    expect((await attach(server, volume().id, { tag: 'x' }, '2.48')).status).toBe(400);
    expect((await attach(server, volume().id, { delete_on_termination: true }, '2.78')).status).toBe(400);
  });

  it('come and go several at a time', async () => {
    const server = await world().activeServer();
    const disks = Array.from({ length: 5 }, () => volume());
    expect((await Promise.all(disks.map(({ id }) => attach(server, id)))).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    await world().settled();
    expect(guest(server)?.volumes.map(({ target }) => target).sort()).toEqual(['vdb', 'vdc', 'vdd', 'vde', 'vdf']);
    await Promise.all(disks.map(({ id }) => detach(server, id)));
    await world().settled();
    expect(guest(server)?.volumes).toEqual([]);
    expect(disks.map(({ id }) => storage().volumes.get(id)?.status)).toEqual(disks.map(() => 'available'));
  });

  it('come into a guest that is off, and are there when it starts', async () => {
    const [server, disk] = [await world().activeServer(), volume()];
    await world().act(server, { 'os-stop': null });
    await world().settled();
    await attach(server, disk.id);
    await world().settled();
    await world().act(server, { 'os-start': null });
    await world().settled();
    expect(guest(server)).toMatchObject({ power: 'running', volumes: [{ volumeId: disk.id }] });
  });

  it.each([
    ['one that is not there', () => NOBODY, 404, 'could not be found'],
    ['somebody else\'s', () => volume({ projectId: 'theirs' }).id, 404, 'could not be found'],
    ['one in use', () => volume({ status: 'in-use' }).id, 400, 'status must be \'available\''],
    ['one that is being made', () => volume({ status: 'creating' }).id, 400, 'status must be \'available\''],
  ] as [string, () => string, number, string][])('are refused: %s', async (_, id, status, words) => {
    const server = await world().activeServer();
    const answer = await attach(server, id());
    expect(answer.status).toBe(status);
    expect(message(answer)).toContain(words);
    expect(await listed(server)).toEqual([]);
  });

  it('are attached once, and to one server, unless they may be shared', async () => {
    const { server, disk } = await attached();
    expect(await attach(server, disk.id)).toMatchObject({ status: 400 });
    const other = await world().activeServer();
    expect(await attach(other, disk.id)).toMatchObject({ status: 400 });
    const shared = volume({ isMultiattach: true });
    expect(message(await attach(server, shared.id, {}, '2.59'))).toContain('starting with compute API version 2.60');
    for (const id of [server, other]) {
      expect((await attach(id, shared.id)).status).toBe(200);
      await world().settled();
    }
    expect([server, other].map((id) => guest(id)?.volumes.at(-1))).toMatchObject([{ isShared: true }, { isShared: true }]);
    await detach(server, shared.id);
    await world().settled();
    expect(storage().volumes.get(shared.id)?.status).toBe('in-use');
  });

  it('cannot be taken from a server that boots from them, is locked, or does not have them', async () => {
    const root = volume({ isBootable: true });
    const server = await world().activeServer({ imageRef: '', block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume', uuid: root.id, boot_index: 0 }] });
    expect(await detach(server, root.id)).toMatchObject({ status: 400, body: { badRequest: { message: 'Cannot detach a root device volume' } } });
    expect(await detach(server, NOBODY)).toMatchObject({ status: 404 });
    const { server: other, disk } = await attached();
    await world().act(other, { lock: null });
    expect((await detach(other, disk.id)).status).toBe(409);
    expect((await attach(other, volume().id)).status).toBe(409);
  });

  describe('being swapped', () => {
    const swap = (server: string, old: string, next: string, as = 'admin', version = '2.93'): Promise<ApiAnswer> =>
      ask('PUT', `${server}/os-volume_attachments/${old}`, { volumeAttachment: { volumeId: next } }, version, as);

    it('give their place, and all that was wanted of it, to another volume, which may be larger', async () => {
      const { server, disk } = await attached();
      await ask('PUT', `${server}/os-volume_attachments/${disk.id}`, { volumeAttachment: { volumeId: disk.id, delete_on_termination: true } });
      const next = volume({ sizeGibibytes: 3 });
      await later();
      expect((await swap(server, disk.id, next.id, 'admin', '2.1')).status).toBe(202);
      expect([disk, next].map(({ id }) => storage().volumes.get(id)?.status)).toEqual(['detaching', 'reserved']);
      expect(await listed(server)).toMatchObject([{ volumeId: disk.id }]);
      await world().settled();
      expect(await listed(server)).toMatchObject([{ volumeId: next.id, device: '/dev/vdb', delete_on_termination: true }]);
      expect([disk, next].map(({ id }) => storage().volumes.get(id)?.status)).toEqual(['available', 'in-use']);
      expect(guest(server)).toMatchObject({ volumes: [{ volumeId: next.id, target: 'vdb' }], boots: 1 });
      expect(Object.values(guest(server)?.diskSizes ?? {})).toEqual([3 * 2 ** 30]);
      expect((await actions(server))[0]).toMatchObject({ action: 'swap_volume', message: null });
      expect((await swap(server, next.id, volume({ sizeGibibytes: 3 }).id, 'service')).status).toBe(202);
      await world().settled();
      expect(await world().status(server)).toBe('ACTIVE');
    });

    it('stay where the guest stops before the copy is complete', async () => {
      const { server, disk } = await attached();
      const next = volume();
      await swap(server, disk.id, next.id);
      world().cloud.host('node-1').guestBecomes(server, 'shutdown');
      for (let turn = 0; turn < 10; turn++) await world().pass(seconds(30));
      expect(await listed(server)).toMatchObject([{ volumeId: disk.id }]);
      expect([disk, next].map(({ id }) => storage().volumes.get(id)?.status)).toEqual(['in-use', 'available']);
    });

    it('go both when their server is deleted meanwhile', async () => {
      const { server, disk } = await attached();
      const next = volume();
      await swap(server, disk.id, next.id);
      await ask('DELETE', server);
      for (let turn = 0; turn < 10; turn++) await world().pass(seconds(5));
      expect(await world().status(server)).toBe('DELETED');
      expect([disk, next].map(({ id }) => storage().volumes.get(id)?.status)).toEqual(['available', 'available']);
    });

    it('are read by other servers, but written by none', async () => {
      const [one, other, shared] = [await world().activeServer(), await world().activeServer(), volume({ isMultiattach: true })];
      for (const id of [one, other]) {
        await attach(id, shared.id);
        await world().settled();
      }
      expect(message(await swap(one, shared.id, volume().id))).toContain('more than one read/write attachment');
    });

    it('give their place to nothing else, for nobody else', async () => {
      const { server, disk } = await attached();
      expect((await swap(server, disk.id, volume().id, 'alice')).status).toBe(403);
      expect((await swap(server, disk.id, disk.id, 'alice', '2.84')).status).toBe(403);
      expect((await swap(server, disk.id, NOBODY)).status).toBe(400);
      expect((await swap(server, NOBODY, volume().id)).status).toBe(404);
      expect((await swap(server, disk.id, volume({ status: 'in-use' }).id)).status).toBe(400);
      expect((await swap(server, disk.id, volume({ sizeGibibytes: 0 }).id)).status).toBe(400);
      await world().act(server, { 'os-stop': null });
      await world().settled();
      expect((await swap(server, disk.id, volume().id)).status).toBe(409);
      expect(storage().attachments.size).toBe(1);
    });
  });

  it('go with their server or stay, as was said last', async () => {
    const { server, disk } = await attached();
    const update = (body: object, version = '2.85', as = 'alice'): Promise<ApiAnswer> => ask('PUT', `${server}/os-volume_attachments/${disk.id}`, { volumeAttachment: { volumeId: disk.id, ...body } }, version, as);
    expect((await update({ tag: 'new' })).status).toBe(400);
    expect((await update({ device: '/dev/vdz' })).status).toBe(400);
    expect((await update({ delete_on_termination: true, serverId: server, id: disk.id })).status).toBe(202);
    expect(await listed(server)).toMatchObject([{ delete_on_termination: true }]);
    await ask('DELETE', server);
    await world().settled();
    expect(storage().volumes.has(disk.id)).toBe(false);
  });

  it('that a guest does not let go of stay attached, and its history says so', async () => {
    const { server, disk } = await attached();
    world().cloud.host('node-1').keepsDisks = true;
    await detach(server, disk.id);
    for (let turn = 0; turn < 20; turn++) await world().pass(seconds(30));
    expect(storage().volumes.get(disk.id)?.status).toBe('in-use');
    expect(await listed(server)).toMatchObject([{ volumeId: disk.id }]);
    expect(guest(server)?.volumes).toMatchObject([{ volumeId: disk.id }]);
    expect(await actions(server)).toMatchObject([{ action: 'detach_volume', message: 'Error' }, {}, {}]);
    world().cloud.host('node-1').keepsDisks = false;
    await detach(server, disk.id);
    await world().settled();
    expect(storage().volumes.get(disk.id)?.status).toBe('available');
  });

  it('are taken from a host that is lost, once block storage has cut it off', async () => {
    const { server, disk } = await attached();
    world().cloud.host('node-1').isGone = true;
    for (let turn = 0; turn < 10; turn++) await world().pass(seconds(30));
    await detach(server, disk.id);
    await world().settled();
    expect(storage().volumes.get(disk.id)?.status).toBe('available');
    expect(await listed(server)).toEqual([]);
    // The host comes back with a guest that still has it.
    world().cloud.host('node-1').isGone = false;
    await world().pass(seconds(10));
    expect(guest(server)?.volumes).toHaveLength(1);
    await world().reconcile('block-devices');
    await world().settled();
    expect(guest(server)?.volumes).toEqual([]);
  });

  it('that block storage cannot cut off in time are owed, and stay taken until then', async () => {
    const { server, disk } = await attached();
    await detach(server, disk.id);
    storage().isStuck = true;
    for (let turn = 0; turn < 40; turn++) await world().pass(seconds(30));
    expect(await listed(server)).toEqual([]);
    expect(storage().volumes.get(disk.id)?.status).toBe('detaching');
    expect(await world().count('debt')).toBe(1);
    storage().isStuck = false;
    for (let turn = 0; turn < 20; turn++) await world().pass(minutes(1));
    expect(storage().volumes.get(disk.id)?.status).toBe('available');
  });

  it('that the host cannot plug are set free again', async () => {
    const [server, disk] = [await world().activeServer(), volume()];
    await later();
    world().cloud.host('node-1').isGone = true;
    await attach(server, disk.id);
    for (let turn = 0; turn < 30; turn++) await world().pass(seconds(30));
    expect(await listed(server)).toEqual([]);
    expect(storage().volumes.get(disk.id)?.status).toBe('available');
    expect(await actions(server)).toMatchObject([{ action: 'attach_volume', message: 'Error' }, {}]);
  });

  it('tell their guests when they grow, also twice at once', async () => {
    const { server, disk } = await attached();
    storage().grow(disk.id, 2);
    storage().grow(disk.id, 3);
    await world().settled();
    expect(Object.values(guest(server)?.diskSizes ?? {})).toEqual([3 * 1024 ** 3]);
    const [extension] = await actions(server) as { request_id: string }[];
    expect(extension).toMatchObject({ action: 'extend_volume', user_id: 'whoever-grew-it', project_id: demoProject });
    expect((await ask('GET', `${server}/os-instance-actions/${extension?.request_id}`)).body).toMatchObject({
      instanceAction: { events: [{ event: 'compute_extend_volume', result: 'Success', finish_time: expect.any(String) }] },
    });
  });

  it('are detached from a guest that has not yet been told of their growth', async () => {
    const { server, disk } = await attached();
    world().cloud.host('node-1').isGone = true;
    storage().grow(disk.id, 2);
    await world().settled();
    expect((await detach(server, disk.id)).status).toBe(202);
    world().cloud.host('node-1').isGone = false;
    await world().pass(seconds(30));
    expect(storage().volumes.get(disk.id)?.status).toBe('available');
    expect(guest(server)?.volumes).toEqual([]);
  });

  it('stay in use for block storage too where something else is being done with them', async () => {
    const { server, disk } = await attached();
    Object.assign(guest(server) ?? {}, { volumes: [] });
    await world().pass(seconds(10));
    world().cloud.host('node-1').isGone = true;
    await world().reconcile('block-devices');
    expect((await detach(server, disk.id)).status).toBe(409);
    expect(storage().volumes.get(disk.id)?.status).toBe('in-use');
    world().cloud.host('node-1').isGone = false;
    await world().pass(seconds(30));
    expect(guest(server)?.volumes).toMatchObject([{ volumeId: disk.id }]);
  });

  it('wait for what is done to their server at the moment', async () => {
    const [server, disk] = [await world().activeServer(), volume()];
    await attach(server, disk.id);
    await world().act(server, { reboot: { type: 'HARD' } });
    for (let turn = 0; turn < 5; turn++) await world().pass(seconds(5));
    expect(await world().status(server)).toBe('ACTIVE');
    expect(guest(server)?.volumes).toMatchObject([{ volumeId: disk.id }]);
    expect(storage().volumes.get(disk.id)?.status).toBe('in-use');
  });

  it('go with a server that is deleted while they come', async () => {
    const [server, disk] = [await world().activeServer(), volume()];
    await attach(server, disk.id);
    await ask('DELETE', server);
    for (let turn = 0; turn < 5; turn++) await world().pass(seconds(5));
    expect(await world().status(server)).toBe('DELETED');
    expect(storage().attachments.size).toBe(0);
    expect(storage().volumes.get(disk.id)?.status).toBe('available');
  });

  it('are set free at once where the process that reserves them has died', async () => {
    const [server, disk] = [await world().activeServer(), volume()];
    const late = Promise.withResolvers<void>();
    storage().lateAnswers.set(reserveAttachment.type, late.promise);
    const answer = attach(server, disk.id);
    while (storage().volumes.get(disk.id)?.status !== 'reserved') await world().database.sql`SELECT 1`;
    await world().reconcile('block-devices');
    await world().settled();
    expect(storage().volumes.get(disk.id)?.status).toBe('reserved');
    await world().database.sql`UPDATE block_device SET worker = 'virga-compute/1/gone'`;
    await world().reconcile('block-devices');
    await world().settled();
    expect(storage().volumes.get(disk.id)?.status).toBe('available');
    // It was only taken for dead: its request finds that it came too late.
    late.resolve();
    expect((await answer).status).toBe(409);
    expect(await listed(server)).toEqual([]);
    storage().lateAnswers.clear();
  });

  it('are not lost where block storage does not answer in time', async () => {
    const [server, disk] = [await world().activeServer(), volume()];
    storage().lostAnswers.add(reserveAttachment.type);
    expect((await attach(server, disk.id)).status).toBe(503);
    expect(storage().attachments.size).toBe(1);
    storage().lostAnswers.clear();
    for (let turn = 0; turn < 10; turn++) await world().pass(seconds(30));
    expect(storage().attachments.size).toBe(0);
    expect(await listed(server)).toEqual([]);
    expect((await attach(server, disk.id)).status).toBe(200);
  });
});
