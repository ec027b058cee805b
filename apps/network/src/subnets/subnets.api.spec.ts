import 'reflect-metadata';
import { demoProject } from '@virga/testing';
import { useNetwork, type Json } from '../testing/index.js';

describe('subnets', () => {
  const world = useNetwork();
  beforeAll(() => world.unlimit(demoProject));

  const refusal = async (body: Record<string, unknown>, networkId?: string): Promise<unknown> => {
    const id = networkId ?? (await world.network()).id;
    const answer = await world.ask('alice', 'POST', '/subnets', { subnet: { network_id: id, ip_version: 4, ...body } });
    return `${answer.status} ${(answer.body as { NeutronError: { type: string } }).NeutronError?.type}`;
  };

  it.each([
    [{ cidr: '10.0.0.1/24' }, '400 InvalidInput'], [{ cidr: '10.0.0.0/0' }, '400 InvalidInput'], [{ cidr: '224.0.0.0/24' }, '400 InvalidInput'],
    [{ cidr: '127.0.0.0/24' }, '400 InvalidInput'], [{ cidr: 'fd00::/64' }, '400 InvalidInput'], [{}, '400 BadRequest'],
    [{ cidr: '10.0.0.0/24', gateway_ip: '10.0.0.0' }, '400 InvalidInput'], [{ cidr: '10.0.0.0/24', gateway_ip: 'x' }, '400 InvalidInput'],
    [{ cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.9', end: '10.0.0.2' }] }, '400 InvalidAllocationPool'],
    [{ cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.2', end: '10.0.1.9' }] }, '400 OutOfBoundsAllocationPool'],
    [{ cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.1', end: '10.0.0.9' }] }, '409 GatewayConflictWithAllocationPools'],
    [{ cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.2', end: '10.0.0.9' }, { start: '10.0.0.9', end: '10.0.0.12' }] }, '409 OverlappingAllocationPools'],
    [{ cidr: '10.0.0.0/24', dns_nameservers: ['1.1.1.1', '1.1.1.1'] }, '400 InvalidInput'], [{ cidr: '10.0.0.0/24', host_routes: [{ destination: '10.0.0.0/8', nexthop: 'fd00::1' }] }, '400 InvalidInput'],
    [{ cidr: '10.0.0.0/24', ipv6_ra_mode: 'slaac' }, '400 InvalidInput'], [{ cidr: 'fd00::/80', ip_version: 6, ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' }, '400 InvalidInput'],
    [{ cidr: 'fd00::/64', ip_version: 6, ipv6_ra_mode: 'slaac', ipv6_address_mode: 'dhcpv6-stateful' }, '400 InvalidInput'],
  ])('are refused where they make no sense: %j', async (body, expected) => {
    expect(await refusal(body)).toBe(expected);
  });

  it('of one network do not overlap', async () => {
    const network = await world.network();
    await world.subnet(network.id, '10.0.0.0/16');
    expect(await refusal({ cidr: '10.0.7.0/24' }, network.id)).toBe('400 InvalidInput');
    const other = await world.network();
    await world.subnet(other.id, '10.0.7.0/24');
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.ask('alice', 'POST', '/subnets', { subnet: { network_id: other.id, ip_version: 4, cidr: '10.9.0.0/24' } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400]);
  });

  it('change their gateway, pools and DHCP, and the metadata port follows', async () => {
    const network = await world.network();
    const subnet = await world.subnet(network.id, '10.0.0.0/24', { allocation_pools: [{ start: '10.0.0.10', end: '10.0.0.20' }] });
    const metadata = async (): Promise<unknown[]> => ((await world.ok('alice', 'GET', `/ports?network_id=${network.id}&device_owner=network:distributed`))['ports'] as unknown as Json[]).map((port) => port['fixed_ips']);
    expect(await metadata()).toEqual([[{ subnet_id: subnet.id, ip_address: '10.0.0.10' }]]);
    const put = (body: Record<string, unknown>) => world.ask('alice', 'PUT', `/subnets/${subnet.id}`, { subnet: body });
    expect((await put({ gateway_ip: '10.0.0.15' })).body).toMatchObject({ NeutronError: { type: 'GatewayConflictWithAllocationPools' } });
    expect((await put({ gateway_ip: '10.0.0.254', allocation_pools: [{ start: '10.0.0.30', end: '10.0.0.40' }], dns_nameservers: ['9.9.9.9'] })).body)
      .toMatchObject({ subnet: { gateway_ip: '10.0.0.254', allocation_pools: [{ start: '10.0.0.30', end: '10.0.0.40' }], dns_nameservers: ['9.9.9.9'], revision_number: 2 } });
    expect(world.backend.find({ kind: 'subnet', id: subnet.id })).toMatchObject({ gatewayIp: '10.0.0.254', dnsNameservers: ['9.9.9.9'], metadataIp: '10.0.0.10' });
    await put({ enable_dhcp: false });
    expect(await metadata()).toEqual([]);
    expect(world.backend.find({ kind: 'subnet', id: subnet.id })).not.toHaveProperty('metadataIp');
    await put({ enable_dhcp: true });
    expect(await metadata()).toEqual([[{ subnet_id: subnet.id, ip_address: '10.0.0.30' }]]);
  });

  it('keep a gateway that a router has', async () => {
    const network = await world.network();
    const subnet = await world.subnet(network.id, '10.0.0.0/24');
    const router = await world.router();
    await world.ok('alice', 'PUT', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
    expect((await world.ask('alice', 'PUT', `/subnets/${subnet.id}`, { subnet: { gateway_ip: '10.0.0.9', allocation_pools: [{ start: '10.0.0.20', end: '10.0.0.30' }] } })).body).toMatchObject({ NeutronError: { type: 'GatewayIpInUse' } });
    expect((await world.ask('alice', 'DELETE', `/subnets/${subnet.id}`)).body).toMatchObject({ NeutronError: { type: 'SubnetInUse' } });
    expect((await world.ask('alice', 'DELETE', `/networks/${network.id}`)).body).toMatchObject({ NeutronError: { type: 'NetworkInUse' } });
  });

  it('go with their network, and with their metadata address', async () => {
    const network = await world.network();
    const subnet = await world.subnet(network.id, '10.0.0.0/24');
    const other = await world.subnet(network.id, '10.0.1.0/24');
    await world.ok('alice', 'DELETE', `/subnets/${subnet.id}`);
    expect(world.backend.find({ kind: 'subnet', id: subnet.id })).toBeUndefined();
    await world.ok('alice', 'DELETE', `/networks/${network.id}`);
    expect((await world.ask('alice', 'GET', `/subnets/${other.id}`)).status).toBe(404);
    expect(world.backend.all().filter(({ id }) => [network.id, other.id].includes(id))).toEqual([]);
    expect(await world.database.sql`SELECT FROM port WHERE network_id = ${network.id}`).toEqual([]);
  });

  it('give guests the address they choose themselves, where IPv6 says so', async () => {
    const network = await world.network();
    const slaac = await world.subnet(network.id, 'fd00:1::/64', { ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' });
    await world.subnet(network.id, '10.0.0.0/24');
    const port = await world.port(network.id, { mac_address: 'fa:16:3e:00:00:01' });
    expect(port['fixed_ips']).toEqual([expect.objectContaining({ ip_address: expect.stringMatching(/^10\.0\.0\./) }), { subnet_id: slaac.id, ip_address: 'fd00:1::f816:3eff:fe00:1' }]);
    expect((await world.ask('alice', 'POST', '/ports', { port: { network_id: network.id, fixed_ips: [{ ip_address: 'fd00:1::5' }] } })).status).toBe(400);
    const later = await world.subnet(network.id, 'fd00:9::/64', { ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' });
    expect((await world.ok('alice', 'GET', `/ports/${port.id}`) as Record<string, Json>)['port']?.['fixed_ips']).toContainEqual({ subnet_id: later.id, ip_address: 'fd00:9::f816:3eff:fe00:1' });
    expect(world.backend.find({ kind: 'port', id: port.id })).toMatchObject({ fixedIps: [{}, {}, { ip: 'fd00:9::f816:3eff:fe00:1' }] });
    await world.ok('alice', 'DELETE', `/subnets/${later.id}`);
    expect(world.backend.find({ kind: 'port', id: port.id })).toMatchObject({ fixedIps: [{}, {}] });
    const stateful = await world.subnet((await world.network()).id, 'fd00:2::/64', { ipv6_ra_mode: 'dhcpv6-stateful', ipv6_address_mode: 'dhcpv6-stateful' });
    expect((await world.port(String(stateful['network_id'])))['fixed_ips']).toEqual([{ subnet_id: stateful.id, ip_address: expect.stringMatching(/^fd00:2::/) }]);
  });

  it('are cut out of pools', async () => {
    const pool = (await world.ok('alice', 'POST', '/subnetpools', { subnetpool: { name: 'p', prefixes: ['10.20.0.0/22', '10.20.1.0/24'], default_prefixlen: 24 } }) as Record<string, Json>)['subnetpool'] as Json;
    expect(pool).toMatchObject({ prefixes: ['10.20.0.0/22'], min_prefixlen: 8, max_prefixlen: 32, ip_version: 4 });
    const cut = async (body: Record<string, unknown> = {}) => world.ask('alice', 'POST', '/subnets', { subnet: { network_id: (await world.network()).id, ip_version: 4, subnetpool_id: pool.id, ...body } });
    const cidrs = [];
    for (const body of [{}, { prefixlen: 23 }, { cidr: '10.20.1.128/25' }, { prefixlen: 25 }]) cidrs.push(((await cut(body)).body as { subnet: Json }).subnet['cidr']);
    expect(cidrs).toEqual(['10.20.0.0/24', '10.20.2.0/23', '10.20.1.128/25', '10.20.1.0/25']);
    expect((await cut()).body).toMatchObject({ NeutronError: { type: 'SubnetAllocationError' } });
    expect((await cut({ cidr: '10.99.0.0/24' })).status).toBe(409);
    expect((await cut({ prefixlen: 4 })).status).toBe(400);
    expect((await world.ask('alice', 'DELETE', `/subnetpools/${pool.id}`)).status).toBe(409);
    expect((await world.ask('alice', 'PUT', `/subnetpools/${pool.id}`, { subnetpool: { prefixes: ['10.20.0.0/23'] } })).status).toBe(400);
    expect(((await world.ok('alice', 'PUT', `/subnetpools/${pool.id}/add_prefixes`, { prefixes: ['10.30.0.0/24'] })) as Record<string, Json>)['subnetpool']).toEqual({ id: pool.id, prefixes: ['10.20.0.0/22', '10.30.0.0/24'] });
    expect((await world.ask('alice', 'PUT', `/subnetpools/${pool.id}/remove_prefixes`, { prefixes: ['10.20.0.0/22'] })).status).toBe(400);
    expect((await world.ask('bob', 'POST', '/subnets', { subnet: { network_id: (await world.network('bob')).id, ip_version: 4, subnetpool_id: pool.id } })).status).toBe(404);
  });
});
