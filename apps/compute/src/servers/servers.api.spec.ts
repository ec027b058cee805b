import { useComputeWorld } from '../testing/index.js';

describe('a server', () => {
  const world = useComputeWorld();

  it('is built, shown as ACTIVE with its addresses, and goes without leaving anything', async () => {
    const id = await world().createServer();
    expect(await world().status(id)).toBe('BUILD');
    await world().settled();

    expect(await world().server(id)).toMatchObject({
      status: 'ACTIVE', name: 'web', 'OS-EXT-STS:power_state': 1, 'OS-EXT-STS:task_state': null, 'OS-EXT-SRV-ATTR:host': 'node-1',
      addresses: { private: [expect.objectContaining({ version: 4, 'OS-EXT-IPS:type': 'fixed' })] },
    });
    expect(world().cloud.guests()).toEqual([{ id, host: 'node-1', power: 'running' }]);
    expect(await world().count('allocation')).toBe(3);

    const deletion = await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` });
    expect(deletion.status).toBe(204);
    await world().settled();

    expect((await world().request({ as: 'alice', method: 'GET', url: `/v2.1/servers/${id}` })).status).toBe(404);
    expect(world().cloud.guests()).toEqual([]);
    expect([...world().cloud.network.ports.values()]).toEqual([]);
    expect(await world().count('allocation')).toBe(0);
    expect(await world().count('consumer')).toBe(0);
  });
});
