import { useNetwork } from './testing/network-world.js';

describe('a repeated creation whose answer was lost', () => {
  const world = useNetwork();

  const post = (path: string, body: unknown, key: string, as = 'alice') => world.ask(as, 'POST', path, body, { 'idempotency-key': key });
  /** What a process that dies between the commit and keeping the answer leaves behind. */
  const lose = () => world.database.sql`UPDATE idempotency_key SET reply = NULL, served_until = NULL`;

  it('is answered with what was made', async () => {
    const network = await world.network();
    const subnet = await world.subnet(network.id, '10.9.0.0/24');
    const group = (await world.ok('alice', 'POST', '/security-groups', { security_group: { name: 'g' } }))['security_group'] as unknown as { id: string };
    const outside = await world.network('admin', { name: 'outside', 'router:external': true });
    await world.subnet(outside.id, '203.0.113.0/24', {}, 'admin');
    const creations: [path: string, key: string, body: object][] = [
      ['/networks', 'network', { name: 'lost' }], ['/subnets', 'subnet', { network_id: network.id, cidr: '10.8.0.0/24', ip_version: 4 }],
      ['/ports', 'port', { network_id: network.id, fixed_ips: [{ subnet_id: subnet.id }] }], ['/routers', 'router', { name: 'lost' }], ['/subnetpools', 'subnetpool', { name: 'lost', prefixes: ['10.64.0.0/16'] }],
      ['/security-groups', 'security_group', { name: 'lost' }], ['/security-group-rules', 'security_group_rule', { security_group_id: group.id, direction: 'ingress', protocol: 'tcp' }],
      ['/floatingips', 'floatingip', { floating_network_id: outside.id }],
    ];
    for (const [path, key, body] of creations) {
      const first = await post(path, { [key]: body }, path);
      expect(first).toMatchObject({ status: 201 });
      await lose();
      const second = await post(path, { [key]: body }, path);
      expect(second).toMatchObject({ status: 201, body: first.body });
      expect(second.headers['idempotent-replayed']).toBe('true');
    }
    expect(await world.database.sql`SELECT FROM network WHERE name = 'lost'`).toHaveLength(1);
  });

  it('is told that the answer is lost where it made several things, or one that is gone', async () => {
    const several = { networks: [{ name: 'several' }, { name: 'several' }] };
    await post('/networks', several, 'several');
    await post('/networks', { networks: [{ name: 'several' }] }, 'one-of-several');
    const { network } = (await post('/networks', { network: { name: 'gone' } }, 'gone')).body as { network: { id: string } };
    await world.ok('alice', 'DELETE', `/networks/${network.id}`);
    await lose();
    for (const [key, body] of [['several', several], ['one-of-several', { networks: [{ name: 'several' }] }], ['gone', { network: { name: 'gone' } }]] as const) {
      expect(await post('/networks', body, key)).toMatchObject({ status: 410, headers: { 'x-virga-fault-code': 'request.idempotency.answer-lost' } });
    }
    expect(await world.database.sql`SELECT FROM network WHERE name = 'several'`).toHaveLength(3);
  });
});
