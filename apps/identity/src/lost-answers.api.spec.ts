import 'reflect-metadata';
import { useIdentity } from './testing/index.js';

describe('a repeated creation whose answer was lost', () => {
  const world = useIdentity();
  /** What a process that dies between the commit and keeping the answer leaves behind. */
  const lose = () => world.db.sql`UPDATE idempotency_key SET reply = NULL, served_until = NULL`;

  it('is answered with what was made', async () => {
    const { userId } = await world.person('kay', 'kay-project', ['member']);
    const token = await world.admin();
    const service = (await world.ask(token, 'POST', '/services', { service: { type: 'shop', name: 'shop' } })).body.service.id as string;
    const creations: [path: string, key: string, body: object][] = [
      ['/domains', 'domain', { name: 'Lost' }], ['/projects', 'project', { name: 'lost', domain_id: 'default' }], ['/users', 'user', { name: 'lost', password: 'x' }],
      ['/groups', 'group', { name: 'lost' }], ['/roles', 'role', { name: 'lost' }], ['/services', 'service', { type: 'lost' }], ['/regions', 'region', { id: 'lost' }],
      ['/endpoints', 'endpoint', { service_id: service, interface: 'public', url: 'http://lost' }], ['/policies', 'policy', { type: 't', blob: 'b' }],
      ['/credentials', 'credential', { type: 'cert', blob: 'b', user_id: userId }],
    ];
    for (const [path, key, body] of creations) {
      const post = () => world.ask(token, 'POST', path, { [key]: body }, { 'idempotency-key': path });
      const first = await post();
      expect(first).toMatchObject({ status: 201 });
      await lose();
      const second = await post();
      expect(second).toMatchObject({ status: 201, headers: { 'idempotent-replayed': 'true' } });
      expect(second.body).toEqual(first.body);
    }
  });

  it('is told so where the first answer held a secret that is told once, and makes no second one', async () => {
    const { userId, token } = await world.person('lea', 'lea-project', ['member']);
    const post = () => world.ask(token, 'POST', `/users/${userId}/application_credentials`, { application_credential: { name: 'robot' } }, { 'idempotency-key': 'robot' });
    expect((await post()).status).toBe(201);
    await lose();
    expect(await post()).toMatchObject({ status: 410, body: { error: { code: 410, title: 'Gone', message: expect.stringContaining('its answer was lost') } } });
    expect(await world.db.sql`SELECT FROM application_credential WHERE user_id = ${userId}`).toHaveLength(1);
  });
});
