import { FLAVOR, IMAGE, useComputeWorld } from './testing/index.js';

describe('a repeated creation whose answer was lost', () => {
  const world = useComputeWorld();
  const post = (url: string, body: object, as = 'alice') =>
    world().request({ as, method: 'POST', url: `/v2.1${url}`, body, headers: { 'idempotency-key': url, 'openstack-api-version': 'compute 2.93' } });
  /** What a process that dies between the commit and keeping the answer leaves behind. */
  const lose = () => world().database.sql`UPDATE idempotency_key SET reply = NULL, served_until = NULL`;

  it('of a server is answered with that server, and no second one is built', async () => {
    const body = { server: { name: 'web', flavorRef: FLAVOR, imageRef: IMAGE, networks: 'auto' } };
    const first = (await post('/servers', body)).body as { server: Record<string, unknown> };
    await lose();
    const second = await post('/servers', body);
    // Its password was told once and is in no guest; all else is as it was.
    expect(second).toMatchObject({ status: 202, headers: { 'idempotent-replayed': 'true' }, body: { server: { id: first.server['id'], links: first.server['links'], 'OS-DCF:diskConfig': 'MANUAL' } } });
    await world().settled();
    expect(world().cloud.guests()).toHaveLength(1);
    await lose();
    expect((await post('/servers', body)).status).toBe(202);
    expect(await world().count('server')).toBe(1);
  });

  it('of anything else is answered with it too', async () => {
    const creations: [path: string, body: object, as: string][] = [
      ['/os-server-groups', { server_group: { name: 'g', policy: 'affinity' } }, 'alice'],
      ['/flavors', { flavor: { name: 'lost', vcpus: 1, ram: 64, disk: 1 } }, 'admin'], ['/os-aggregates', { aggregate: { name: 'lost' } }, 'admin'],
    ];
    for (const [path, body, as] of creations) {
      const first = await post(path, body, as);
      expect(first).toMatchObject({ status: 200 });
      await lose();
      expect(await post(path, body, as)).toMatchObject({ status: 200, body: first.body as object });
    }
  });
});
