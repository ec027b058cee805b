import { randomUUID } from 'node:crypto';
import { useSharedBlockStorageWorld } from '../testing/index.js';

describe('clusters, workers and extensions', () => {
  const world = useSharedBlockStorageWorld();

  const admin = { as: 'admin' };

  it('of storage services are none', async () => {
    expect(await world().api('GET', '/clusters', undefined, admin)).toEqual({ clusters: [] });
    expect(await world().api('GET', '/clusters/detail?is_up=true&frozen=false', undefined, admin)).toEqual({ clusters: [] });
    expect((await world().try('GET', '/clusters?frozen=false', undefined, { ...admin, version: '3.25' })).status).toBe(400);
    expect((await world().try('GET', '/clusters?disabled=perhaps', undefined, admin)).status).toBe(400);
    expect((await world().try('GET', '/clusters', undefined, { ...admin, version: '3.6' })).status).toBe(404);
    expect((await world().try('PUT', '/clusters/enable', { name: 'one' }, admin)).status).toBe(404);
  });

  it('leave nothing to clean up', async () => {
    const cleanUp = (body: unknown): Promise<{ status: number; body: unknown }> => world().try('POST', '/workers/cleanup', body, admin);
    expect(await cleanUp({ is_up: 'False', resource_type: 'volume' })).toMatchObject({ status: 202, body: { cleaning: [], unavailable: [] } });
    expect((await cleanUp({ resource_type: 'server' })).status).toBe(400);
    expect((await cleanUp({ resource_id: randomUUID() })).status).toBe(400);
  });

  it('are listed with the names that clients look for', async () => {
    const { extensions } = await world().api<{ extensions: { alias: string; name: string }[] }>('GET', '/extensions');
    expect(extensions.map(({ name }) => name)).toContain('Hosts');
    expect(await world().api('GET', '/extensions/os-hosts')).toMatchObject({ extension: { name: 'Hosts', links: [] } });
    expect((await world().try('GET', '/extensions/nonsense')).status).toBe(404);
  });
});
