import 'reflect-metadata';
import { countStatements, PostgresDatabase } from '@virga/persistence';
import { demoProject } from '@virga/testing';
import { useNetwork, type Json } from '../testing/index.js';

describe('lists', () => {
  const world = useNetwork();
  let networks: Json[];

  beforeAll(async () => {
    await world.unlimit(demoProject);
    networks = (await world.ok('alice', 'POST', '/networks', { networks: ['d', 'a', 'c', 'b', 'a'].map((name) => ({ name })) }))['networks'] as unknown as Json[];
  });

  const list = async (query: string, as = 'alice'): Promise<Json[]> => (await world.ok(as, 'GET', `/networks?${query}`))['networks'] as unknown as Json[];
  const names = async (query: string): Promise<unknown[]> => (await list(query)).map(({ name }) => name);
  const links = (body: unknown): { rel: string; href: string }[] => (body as { networks_links?: { rel: string; href: string }[] }).networks_links ?? [];

  it('are sorted by any attribute, then by id', async () => {
    expect(await names('sort_key=name&sort_dir=asc')).toEqual(['a', 'a', 'b', 'c', 'd']);
    expect(await names('sort_key=name&sort_dir=desc')).toEqual(['d', 'c', 'b', 'a', 'a']);
    const byBoth = await list('sort_key=name&sort_dir=asc&sort_key=id&sort_dir=desc');
    expect(byBoth.slice(0, 2).map(({ id }) => id)).toEqual(networks.filter(({ name }) => name === 'a').map(({ id }) => id).sort().reverse());
    expect((await world.ask('alice', 'GET', '/networks?sort_key=nothing')).body).toMatchObject({ NeutronError: { type: 'InvalidInput' } });
    expect((await world.ask('alice', 'GET', '/networks?sort_key=name&sort_dir=up')).status).toBe(400);
  });

  it('come in pages that follow each other in both directions', async () => {
    const all = (await list('sort_key=name')).map(({ id }) => id);
    let url: string | undefined = '/v2.0/networks?sort_key=name&limit=2';
    const seen: string[][] = [];
    while (url !== undefined) {
      const { body } = await world.request({ as: 'alice', method: 'GET', url });
      seen.push((body as { networks: Json[] }).networks.map(({ id }) => id));
      url = links(body).find(({ rel }) => rel === 'next')?.href.replace(/^http:\/\/[^/]+/, '');
    }
    expect(seen).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4)]);
    const back = await world.ok('alice', 'GET', `/networks?sort_key=name&limit=2&page_reverse=True&marker=${all[4]}`);
    expect((back['networks'] as unknown as Json[]).map(({ id }) => id)).toEqual(all.slice(2, 4));
    expect(links(back).map(({ rel }) => rel)).toEqual(['next', 'previous']);
    expect((await world.ask('alice', 'GET', '/networks?limit=1&marker=none')).status).toBe(404);
    expect((await world.ask('alice', 'GET', '/networks?limit=-1')).status).toBe(400);
    expect(await list('limit=0')).toHaveLength(5);
  });

  it('are filtered by attributes: one value of each', async () => {
    expect(await names('name=a')).toEqual(['a', 'a']);
    expect((await names('name=a&name=b')).sort()).toEqual(['a', 'a', 'b']);
    expect(await names(`name=a&id=${networks[0]?.id}`)).toEqual([]);
    expect(await list('shared=True')).toEqual([]);
    expect(await list('router:external=false')).toHaveLength(5);
    expect(await list(`tenant_id=${demoProject}&admin_state_up=1`)).toHaveLength(5);
    expect((await world.ask('alice', 'GET', '/networks?shared=maybe')).status).toBe(400);
    expect((await world.ask('alice', 'GET', '/networks?colour=red')).body).toMatchObject({ NeutronError: { type: 'InvalidInput', message: expect.stringContaining('colour') } });
  });

  it('show only the fields that are asked for', async () => {
    expect(Object.keys((await list('fields=id&fields=name'))[0] ?? {}).sort()).toEqual(['id', 'name']);
    expect((await world.ok('alice', 'GET', `/networks/${networks[0]?.id}?fields=name`))['network']).toEqual({ name: 'd' });
    expect((await list('fields=id&fields=provider:network_type'))[0]).not.toHaveProperty('provider:network_type');
    expect((await list('fields=id&fields=provider:network_type', 'admin'))[0]).toHaveProperty('provider:network_type');
  });

  it('are filtered by tags', async () => {
    const [first, second] = networks;
    await world.ok('alice', 'PUT', `/networks/${first?.id}/tags`, { tags: ['red', 'blue'] });
    await world.ok('alice', 'PUT', `/networks/${second?.id}/tags/red`);
    expect((await list('tags=red')).map(({ id }) => id).sort()).toEqual([first?.id, second?.id].sort());
    expect((await list('tags=red,blue')).map(({ id }) => id)).toEqual([first?.id]);
    expect(await list('tags-any=blue,green')).toHaveLength(1);
    expect(await list('not-tags=red,blue')).toHaveLength(4);
    expect(await list('not-tags-any=red')).toHaveLength(3);
    expect((await world.ask('alice', 'GET', `/networks/${second?.id}/tags/blue`)).body).toMatchObject({ NeutronError: { type: 'TagNotFound' } });
    expect((await world.ask('alice', 'GET', `/networks/${second?.id}/tags/red`)).status).toBe(204);
    await world.ok('alice', 'DELETE', `/networks/${first?.id}/tags`);
    expect((await world.ok('alice', 'GET', `/networks/${first?.id}/tags`))['tags']).toEqual([]);
  });

  it('show what is one\'s own, what is shared, and what is external', async () => {
    const shared = await world.network('admin', { shared: true });
    const { network: external } = await world.external();
    await world.network('admin');
    const seen = (await list('', 'bob')).map(({ id }) => id).sort();
    expect(seen).toEqual([shared.id, external.id].sort());
    expect(await list('', 'admin')).toHaveLength(8);
  });

  it('take a number of statements that does not depend on their length', async () => {
    const network = networks[0] as Json;
    await world.subnet(network.id, '10.0.0.0/16');
    await world.ok('alice', 'POST', '/ports', { ports: Array.from({ length: 40 }, () => ({ network_id: network.id })) });
    const db = world.app.get(PostgresDatabase);
    // What the service writes by itself meanwhile does not count.
    const asked = async (path: string): Promise<string[]> =>
      (await countStatements(db, () => world.ok('alice', 'GET', path))).statements.filter((text) => /^\s*SELECT/.test(text));
    for (const [path, most] of [['/networks', 1], ['/subnets', 1], ['/ports', 1], ['/routers', 1], ['/floatingips', 1], ['/security-groups', 2], ['/security-group-rules', 1], ['/subnetpools', 1]] as const) {
      expect((await asked(path)).slice(most)).toEqual([]);
    }
    const [marker] = (await world.ok('alice', 'GET', '/ports?limit=1'))['ports'] as unknown as Json[];
    expect(await asked(`/ports?limit=5&marker=${marker?.id}`)).toHaveLength(2);
    expect(await asked(`/networks/${network.id}`)).toHaveLength(1);
  });

  it('find ports by their addresses, or parts of them', async () => {
    const network = networks[1] as Json;
    const subnet = await world.subnet(network.id, '192.168.77.0/24');
    const port = await world.port(network.id, { fixed_ips: [{ ip_address: '192.168.77.123' }] });
    const found = async (query: string): Promise<string[]> => ((await world.ok('alice', 'GET', `/ports?${query}`))['ports'] as unknown as Json[]).map(({ id }) => id);
    expect(await found('fixed_ips=ip_address%3D192.168.77.123')).toEqual([port.id]);
    expect(await found('fixed_ips=ip_address_substr%3D77.12')).toEqual([port.id]);
    expect(await found(`fixed_ips=subnet_id%3D${subnet.id}&device_owner=`)).toEqual([port.id]);
    expect(await found(`fixed_ips=subnet_id%3D${subnet.id}&fixed_ips=ip_address%3D10.0.0.9`)).toEqual([]);
    expect(await found(`mac_address=${String(port['mac_address']).toUpperCase()}`)).toEqual([port.id]);
    expect(await found(`security_groups=${(port['security_groups'] as string[])[0]}&network_id=${network.id}`)).toEqual([port.id]);
  });
});
