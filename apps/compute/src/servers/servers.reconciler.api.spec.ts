import { hours, minutes, seconds } from '@virga/kernel';
import { useComputeWorld } from '../testing/index.js';

describe('repairing servers', () => {
  const world = useComputeWorld();
  const node = () => world().cloud.host('node-1');

  it('notes that a guest has shut itself down', async () => {
    const id = await world().activeServer();
    node().guestBecomes(id, 'shutdown');
    await world().settled();
    expect(await world().reconcile('servers')).toMatchObject({ corrected: 1, defects: 0 });
    expect(await world().status(id)).toBe('SHUTOFF');
  });

  it('starts a guest again that its host has lost', async () => {
    const id = await world().activeServer();
    node().guests.delete(id);
    await world().pass(seconds(10));
    expect(await world().reconcile('servers')).toMatchObject({ corrected: 1, defects: 1 });
    await world().settled();
    expect(await world().status(id)).toBe('ACTIVE');
    expect(node().guests.get(id)?.power).toBe('running');
  });

  it('stops a guest again that was started behind our back', async () => {
    const id = await world().activeServer();
    await world().act(id, { 'os-stop': null });
    await world().settled();
    node().guestBecomes(id, 'running');
    await world().settled();
    await world().reconcile('servers');
    await world().settled();
    expect(await world().status(id)).toBe('SHUTOFF');
    expect(node().guests.get(id)?.power).toBe('shutdown');
  });

  it('does nothing about servers of a host that is silent', async () => {
    await world().activeServer();
    node().guests.clear();
    node().announce();
    await world().settled();
    node().isGone = true;
    await world().pass(minutes(5));
    expect(await world().reconcile('servers')).toMatchObject({ leftAlone: 1, corrected: 0 });
  });

  it('finds nothing to do about servers that are as they should be', async () => {
    await world().activeServer();
    for (const name of ['servers', 'leftovers', 'interfaces']) expect(await world().reconcile(name)).toMatchObject({ corrected: 0, alarms: 0, failures: 0 });
  });

  it('removes a guest of a deleted server, and only reports one that it never knew', async () => {
    const id = await world().activeServer();
    const kept = structuredClone(node().guests.get(id));
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    await world().settled();
    if (kept === undefined) throw new Error('There was no guest.');
    node().tombstones.clear();
    const stranger = '77777777-7777-4777-8777-777777777777';
    node().guests.set(id, kept).set(stranger, { ...kept, id: stranger });
    await world().pass(seconds(10));
    expect(await world().reconcile('leftovers')).toMatchObject({ corrected: 1, defects: 1, alarms: 1 });
    await world().settled();
    expect([...node().guests.keys()]).toEqual([stranger]);
  });

  it('gives back room that a deleted server still has', async () => {
    const id = await world().activeServer();
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    await world().settled();
    await world().database.sql`INSERT INTO consumer (uuid, project_id, user_id) VALUES (${id}, 'p', 'u')`;
    await world().database.sql`INSERT INTO allocation (consumer_uuid, provider_uuid, resource_class, used) SELECT ${id}, id, 'VCPU', 1 FROM host`;
    expect(await world().reconcile('leftovers')).toMatchObject({ corrected: 1 });
    expect(await world().count('allocation')).toBe(0);
  });

  it('releases ports of a deleted server, notes ports that changed unheard, and plugs those that the guest lacks', async () => {
    const [gone, here] = [await world().activeServer(), await world().activeServer()];
    const lost = structuredClone([...world().cloud.network.ports.values()].find(({ serverId }) => serverId === gone));
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${gone}` });
    await world().settled();
    if (lost === undefined) throw new Error('There was no port.');
    world().cloud.network.ports.set(lost.portId, lost);
    const extra = { ...lost, portId: '88888888-8888-4888-8888-888888888888', serverId: here, index: 7 };
    world().cloud.network.ports.set(extra.portId, extra);

    expect(await world().reconcile('interfaces')).toMatchObject({ defects: 2 });
    expect(world().cloud.network.ports.has(lost.portId)).toBe(false);
    expect(await world().reconcile('interfaces')).toMatchObject({ defects: 1, failures: 0 });
    await world().settled();
    expect(node().guests.get(here)?.portIds).toContain(extra.portId);
    expect(await world().reconcile('interfaces')).toMatchObject({ corrected: 0 });
  });

  it('lets a server of a dead host be deleted, and collects its guest and room when the host comes back', async () => {
    const id = await world().activeServer();
    node().isGone = true;
    await world().pass(seconds(61));
    expect((await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` })).status).toBe(204);
    await world().settled();
    expect(await world().status(id)).toBe('DELETED');
    expect(await world().count('allocation')).toBe(3);
    expect(node().guests.has(id)).toBe(true);
    expect(await world().reconcile('leftovers')).toMatchObject({ corrected: 0 });

    node().isGone = false;
    await world().pass(hours(1));
    await world().pass(minutes(1));
    expect(node().guests.has(id)).toBe(false);
    expect(await world().count('allocation')).toBe(0);
  });
});
