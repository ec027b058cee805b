import { seconds } from '@virga/kernel';
import { aBootImage, useComputeWorld } from '../testing/index.js';

describe('acting on a server', () => {
  const world = useComputeWorld();
  const guest = (id: string) => world().cloud.host('node-1').guests.get(id);

  it.each([
    ['stops', [{ 'os-stop': null }], 'SHUTOFF', 'shutdown'],
    ['stops and starts', [{ 'os-stop': null }, { 'os-start': null }], 'ACTIVE', 'running'],
    ['pauses', [{ pause: null }], 'PAUSED', 'paused'],
    ['pauses and goes on', [{ pause: null }, { unpause: null }], 'ACTIVE', 'running'],
    ['starts a stopped server by a hard reboot', [{ 'os-stop': null }, { reboot: { type: 'HARD' } }], 'ACTIVE', 'running'],
  ])('%s it', async (_, actions, status, power) => {
    const id = await world().activeServer();
    for (const action of actions) {
      expect((await world().act(id, action)).status).toBe(202);
      await world().settled();
    }
    expect(await world().status(id)).toBe(status);
    expect(guest(id)?.power).toBe(power);
  });

  it.each(['SOFT', 'HARD'])('boots it once more with a %s reboot', async (type) => {
    const id = await world().activeServer();
    expect((await world().act(id, { reboot: { type } })).status).toBe(202);
    expect(await world().status(id)).toBe(type === 'SOFT' ? 'REBOOT' : 'HARD_REBOOT');
    await world().settled();
    expect(await world().status(id)).toBe('ACTIVE');
    expect(guest(id)?.boots).toBe(2);
  });

  it('refuses what its state does not allow, in Nova\'s words', async () => {
    const id = await world().activeServer();
    expect(await world().act(id, { 'os-start': null })).toMatchObject({
      status: 409, body: { conflictingRequest: { code: 409, message: `Cannot 'start' instance ${id} while it is in vm_state active` } },
    });
    await world().act(id, { 'os-stop': null });
    expect(await world().act(id, { pause: null })).toMatchObject({
      status: 409, body: { conflictingRequest: { message: `Cannot 'pause' instance ${id} while it is in task_state powering-off` } },
    });
  });

  it('lets a hard reboot overtake a polite one, and deletion everything', async () => {
    const id = await world().activeServer();
    await world().act(id, { reboot: { type: 'SOFT' } });
    expect((await world().act(id, { reboot: { type: 'HARD' } })).status).toBe(202);
    expect((await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` })).status).toBe(204);
    expect((await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` })).status).toBe(204);
    await world().settled();
    expect(await world().status(id)).toBe('DELETED');
    expect(world().cloud.guests()).toEqual([]);
  });

  it('deletes a server that is still being built', async () => {
    const id = await world().createServer();
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    await world().settled();
    expect(await world().status(id)).toBe('DELETED');
    expect(world().cloud.guests()).toEqual([]);
    expect(world().cloud.network.ports.size).toBe(0);
  });

  it('protects a locked server from its users, not from administrators', async () => {
    const id = await world().activeServer();
    await world().act(id, { lock: { locked_reason: 'pets live here' } });
    expect(await world().act(id, { 'os-stop': null })).toMatchObject({ status: 409 });
    expect((await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` })).status).toBe(409);
    expect(await world().server(id)).toMatchObject({ locked: true, locked_reason: 'pets live here' });
    expect((await world().act(id, { 'os-stop': null }, 'admin')).status).toBe(202);
    await world().settled();
    expect((await world().act(id, { unlock: null })).status).toBe(202);
    expect((await world().act(id, { 'os-start': null })).status).toBe(202);
  });

  it('keeps users from unlocking what an administrator has locked', async () => {
    const id = await world().activeServer();
    await world().act(id, { lock: null }, 'admin');
    expect((await world().act(id, { unlock: null })).status).toBe(403);
    expect((await world().act(id, { unlock: null }, 'admin')).status).toBe(202);
  });

  it('rebuilds it from another image, keeping id, host and addresses', async () => {
    const other = '33333333-3333-4333-8333-333333333333';
    world().cloud.images.set(other, aBootImage(other, { sha512: 'cd'.repeat(64) }));
    const id = await world().activeServer();
    const before = await world().server(id);
    const answer = await world().act(id, { rebuild: { imageRef: other, name: 'renewed', metadata: { a: 'b' } } });
    expect(answer).toMatchObject({ status: 202, body: { server: { id, status: 'REBUILD', name: 'renewed', adminPass: expect.stringMatching(/^.{12}$/) } } });
    await world().settled();
    const after = await world().server(id);
    expect(after).toMatchObject({ status: 'ACTIVE', name: 'renewed', image: { id: other }, metadata: { a: 'b' }, addresses: before['addresses'] });
    expect(guest(id)?.spec.disks[0]?.seed?.sha512).toBe('cd'.repeat(64));
  });

  it.each([
    ['rebuilding', 'POST', '/action', { rebuild: { imageRef: '22222222-2222-4222-8222-222222222222' } }],
    ['renaming', 'PUT', '', { server: { name: 'renewed' } }],
  ] as const)('answers %s until 2.75 with addresses that lack what extensions added', async (_, method, path, body) => {
    const id = await world().activeServer();
    const answer = await world().request({ as: 'alice', method, url: `/v2.1/servers/${id}${path}`, body });
    expect((answer.body as { server: { addresses: unknown } }).server.addresses).toEqual({ private: [{ version: 4, addr: expect.any(String) as unknown }] });
    await world().settled();
  });

  it('leaves a stopped server stopped when it is rebuilt', async () => {
    const id = await world().activeServer();
    await world().act(id, { 'os-stop': null });
    await world().settled();
    await world().act(id, { rebuild: { imageRef: '22222222-2222-4222-8222-222222222222' } });
    await world().settled();
    expect(await world().status(id)).toBe('SHUTOFF');
    expect(guest(id)?.power).toBe('shutdown');
  });

  describe('that is resized', () => {
    const used = async (): Promise<Record<string, number>> => Object.fromEntries(
      (await world().database.sql<{ class: string; used: number }>`SELECT resource_class AS class, used FROM allocation`).map((row) => [row.class, row.used]));
    const usage = async (): Promise<unknown> => (await world().database.sql`SELECT vcpus, memory_mebibytes FROM server WHERE deleted_at IS NULL`)[0];
    const resized = async (before: object[] = []): Promise<string> => {
      await world().addFlavor('bigger', { vcpus: 4, memoryMebibytes: 256, rootGibibytes: 1 });
      const id = await world().activeServer();
      for (const action of before) {
        await world().act(id, action);
        await world().settled();
      }
      expect((await world().act(id, { resize: { flavorRef: 'bigger' } })).status).toBe(202);
      expect(await world().status(id)).toBe('RESIZE');
      await world().settled();
      expect(await world().status(id)).toBe('VERIFY_RESIZE');
      return id;
    }

    it('keeps room for both flavors until it is confirmed', async () => {
      const id = await resized();
      expect(guest(id)).toMatchObject({ power: 'running', spec: { vcpus: 4, memoryMebibytes: 256 } });
      expect(await used()).toEqual({ VCPU: 4, MEMORY_MB: 512, DISK_GB: 1 });
      expect(await usage()).toEqual({ vcpus: 4, memory_mebibytes: 512 });
      expect((await world().act(id, { 'os-stop': null })).status).toBe(409);
      expect((await world().act(id, { confirmResize: null })).status).toBe(204);
      expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', flavor: { original_name: 'm1.bigger' } });
      expect(await used()).toEqual({ VCPU: 4, MEMORY_MB: 256, DISK_GB: 1 });
      expect(await usage()).toEqual({ vcpus: 4, memory_mebibytes: 256 });
    });

    it('gets its former flavor back when that is wanted', async () => {
      const id = await resized();
      expect((await world().act(id, { revertResize: null })).status).toBe(202);
      expect(await world().status(id)).toBe('REVERT_RESIZE');
      await world().settled();
      expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', flavor: { original_name: 'm1.small' } });
      expect(guest(id)?.spec).toMatchObject({ vcpus: 1, memoryMebibytes: 512 });
      expect(await used()).toEqual({ VCPU: 1, MEMORY_MB: 512, DISK_GB: 1 });
      expect(await usage()).toEqual({ vcpus: 1, memory_mebibytes: 512 });
      expect((await world().act(id, { confirmResize: null })).status).toBe(409);
    });

    it('stays stopped where it was', async () => {
      const id = await resized([{ 'os-stop': null }]);
      expect(guest(id)?.power).toBe('shutdown');
      await world().act(id, { confirmResize: null });
      expect(await world().status(id)).toBe('SHUTOFF');
    });

    it('stays as it was where its host has no room', async () => {
      await world().unlimited();
      await world().addFlavor('huge', { vcpus: 1, memoryMebibytes: 8_000_000, rootGibibytes: 1 });
      const id = await world().activeServer();
      world().clock.advance(seconds(1));
      await world().act(id, { resize: { flavorRef: 'huge' } });
      await world().settled();
      expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', flavor: { original_name: 'm1.small' } });
      expect(await usage()).toEqual({ vcpus: 1, memory_mebibytes: 512 });
      const { instanceActions: [action] } = (await world().request({ as: 'alice', method: 'GET', url: `/v2.1/servers/${id}/os-instance-actions` })).body as { instanceActions: { action: string; message: string }[] };
      expect([action?.message]).toContain('Error');
    });

    it('is refused what makes no sense, or what would cost too much', async () => {
      const id = await world().activeServer();
      await world().addFlavor('wide', { vcpus: 1, memoryMebibytes: 512, rootGibibytes: 5 });
      await world().addFlavor('many', { vcpus: 100, memoryMebibytes: 512, rootGibibytes: 1 });
      expect((await world().act(id, { resize: { flavorRef: 'small' } })).status).toBe(400);
      expect((await world().act(id, { resize: { flavorRef: 'nope' } })).status).toBe(400);
      expect((await world().act(id, { resize: { flavorRef: 'wide' } })).status).toBe(400);
      expect((await world().act(id, { resize: { flavorRef: 'many' } })).status).toBe(403);
      expect((await world().act(id, { revertResize: null })).status).toBe(409);
    });
  });

  it('shows the end of its console', async () => {
    const id = await world().activeServer();
    const all = await world().act(id, { 'os-getConsoleOutput': {} });
    expect((all.body as { output: string }).output.split('\n')).toHaveLength(21);
    expect((await world().act(id, { 'os-getConsoleOutput': { length: 2 } })).body).toEqual({ output: 'boot line 19\nboot line 20\n' });
    expect((await world().act(id, { 'os-getConsoleOutput': { length: '0' } })).body).toEqual({ output: '' });
  });

  it('says what cannot be done here', async () => {
    const id = await world().activeServer();
    expect(await world().act(id, { changePassword: { adminPass: 'x' } })).toMatchObject({ status: 501, body: { notImplemented: { code: 501 } } });
    expect((await world().act(id, { fly: null })).status).toBe(400);
  });

  it('becomes what its host says when the host cannot do it in time', async () => {
    const id = await world().activeServer();
    world().cloud.host('node-1').isGone = true;
    await world().act(id, { 'os-stop': null });
    await world().settled();
    expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': 'powering-off' });
    for (let minute = 0; minute < 12; minute++) await world().pass(seconds(60));
    expect(await world().server(id)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null });
  });

  it('attaches and detaches interfaces', async () => {
    const id = await world().activeServer();
    const url = `/v2.1/servers/${id}/os-interface`;
    const attached = await world().request({ as: 'alice', method: 'POST', url, body: { interfaceAttachment: { net_id: '11111111-1111-4111-8111-111111111111' } } });
    expect(attached.status).toBe(200);
    const { port_id: port } = (attached.body as { interfaceAttachment: { port_id: string } }).interfaceAttachment;
    await world().settled();
    expect(guest(id)?.portIds).toContain(port);
    const listed = await world().request({ as: 'alice', method: 'GET', url });
    expect((listed.body as { interfaceAttachments: unknown[] }).interfaceAttachments).toEqual([
      expect.objectContaining({ port_state: 'ACTIVE' }), expect.objectContaining({ port_id: port, port_state: 'ACTIVE' }),
    ]);

    const detached = await world().request({ as: 'alice', method: 'DELETE', url: `${url}/${port}` });
    expect(detached.status).toBe(202);
    await world().settled();
    const history = await world().request({ as: 'alice', method: 'GET', url: `/v2.1/servers/${id}/os-instance-actions/${detached.headers['x-openstack-request-id']}`, headers: { 'openstack-api-version': 'compute 2.51' } });
    expect(history.body).toMatchObject({ instanceAction: { action: 'detach_interface', events: expect.arrayContaining([expect.objectContaining({ event: 'compute_detach_interface', result: 'Success' })]) as object[] } });
    expect(guest(id)?.portIds).not.toContain(port);
    expect(world().cloud.network.ports.has(port)).toBe(false);
    expect((await world().request({ as: 'alice', method: 'GET', url: `${url}/${port}` })).status).toBe(404);
  });

  it('keeps the history of what was asked, also of a server that is gone', async () => {
    const id = await world().activeServer();
    world().clock.advance(seconds(1));
    await world().act(id, { reboot: { type: 'HARD' } });
    await world().settled();
    world().clock.advance(seconds(1));
    const list = (version: string) => world().request({ as: 'alice', method: 'GET', url: `/v2.1/servers/${id}/os-instance-actions`, headers: { 'openstack-api-version': `compute ${version}` } });
    const { instanceActions: actions } = (await list('2.1')).body as { instanceActions: { action: string; request_id: string }[] };
    expect(actions.map(({ action }) => action)).toEqual(['reboot', 'create']);
    const shown = await world().request({ as: 'admin', method: 'GET', url: `/v2.1/servers/${id}/os-instance-actions/${actions[1]?.request_id}` });
    expect(shown.body).toMatchObject({ instanceAction: { action: 'create', instance_uuid: id, message: null, events: expect.arrayContaining([expect.objectContaining({ event: 'compute_await_guest', result: 'Success' })]) } });

    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    await world().settled();
    expect((await list('2.20')).status).toBe(404);
    expect((await list('2.21')).body).toMatchObject({ instanceActions: [{ action: 'delete' }, { action: 'reboot' }, { action: 'create' }] });
  });
});
