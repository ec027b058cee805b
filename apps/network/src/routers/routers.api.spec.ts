import 'reflect-metadata';
import { newId } from '@virga/kernel';
import { adminProject, demoProject } from '@virga/testing';
import { ServerPortsService } from '../server-ports/index.js';
import { useNetwork, type Json } from '../testing/index.js';

describe('routers and floating IPs', () => {
  const world = useNetwork();
  let external: Json;
  let counter = 0;

  beforeAll(async () => {
    await world.unlimit(demoProject);
    await world.unlimit(adminProject);
    external = (await world.external()).network;
  });

  const type = (answer: { body: unknown }): string => (answer.body as { NeutronError: { type: string } }).NeutronError.type;
  const spec = (router: Json) => world.backend.find({ kind: 'router', id: router.id });

  /** A network with a subnet, behind a router to the outside. */
  async function site(): Promise<{ network: Json; subnet: Json; router: Json }> {
    const network = await world.network();
    const subnet = await world.subnet(network.id, `10.${++counter}.0.0/24`);
    const router = await world.router({ external_gateway_info: { network_id: external.id } });
    await world.ok('alice', 'PUT', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
    return { network, subnet, router };
  }
  const floating = async (body: Record<string, unknown> = {}): Promise<Json> => (await world.ok('alice', 'POST', '/floatingips', { floatingip: { floating_network_id: external.id, ...body } }))['floatingip'] as unknown as Json;
  const lead = (id: string, body: Record<string, unknown>) => world.ask('alice', 'PUT', `/floatingips/${id}`, { floatingip: body });

  it('are connected by subnet or by port, each once, never to the same addresses twice', async () => {
    const { network, subnet, router } = await site();
    const connect = (body: Record<string, unknown>, verb = 'add') => world.ask('alice', 'PUT', `/routers/${router.id}/${verb}_router_interface`, body);
    expect(type(await connect({ subnet_id: subnet.id }))).toBe('BadRequest');
    const twin = await world.subnet((await world.network()).id, String(subnet['cidr']));
    expect((await connect({ subnet_id: twin.id })).body).toMatchObject({ NeutronError: { type: 'BadRequest', message: expect.stringContaining('overlaps') } });
    expect(type(await connect({}))).toBe('BadRequest');
    const other = await world.subnet(network.id, `10.${++counter}.0.0/24`);
    const port = await world.port(network.id, { fixed_ips: [{ subnet_id: other.id }] });
    const answer = await connect({ port_id: port.id });
    expect(answer.body).toMatchObject({ id: router.id, port_id: port.id, subnet_id: other.id, subnet_ids: [other.id], network_id: network.id });
    expect(world.backend.find({ kind: 'port', id: port.id })).toBeUndefined();
    expect((spec(router) as { interfaces: unknown[] }).interfaces).toHaveLength(2);
    expect(type(await connect({ port_id: port.id }))).toBe('PortInUse');
    expect(type(await world.ask('alice', 'DELETE', `/routers/${router.id}`))).toBe('RouterInUse');
    expect((await connect({ port_id: port.id }, 'remove')).status).toBe(200);
    expect((await world.ask('alice', 'GET', `/ports/${port.id}`)).status).toBe(404);
    expect(type(await connect({ port_id: port.id }, 'remove'))).toBe('RouterInterfaceNotFound');
    expect(type(await connect({ subnet_id: other.id }, 'remove'))).toBe('RouterInterfaceNotFoundForSubnet');
  });

  it('have a gateway that is set, changed and cleared', async () => {
    const { router } = await site();
    const put = (body: Record<string, unknown>, as = 'alice') => world.ask(as, 'PUT', `/routers/${router.id}`, { router: body });
    expect(await put({ external_gateway_info: { network_id: external.id, enable_snat: false } })).toMatchObject({ status: 403 });
    expect((await put({ external_gateway_info: { network_id: external.id, enable_snat: false } }, 'admin')).body).toMatchObject({ router: { external_gateway_info: { enable_snat: false } } });
    expect(spec(router)).toMatchObject({ gateway: { isSnatEnabled: false } });
    expect((await put({ external_gateway_info: {} })).body).toMatchObject({ router: { external_gateway_info: null } });
    expect(spec(router)).not.toHaveProperty('gateway');
    expect(type(await put({ external_gateway_info: { network_id: (await world.network()).id } }))).toBe('BadRequest');
    const fixed = (await put({ external_gateway_info: { network_id: external.id, external_fixed_ips: [{ ip_address: '172.24.4.200' }] } }, 'admin')).body as { router: { external_gateway_info: { external_fixed_ips: unknown[] } } };
    expect(fixed.router.external_gateway_info.external_fixed_ips).toMatchObject([{ ip_address: '172.24.4.200' }]);
    expect((await put({ external_gateway_info: { network_id: external.id, external_fixed_ips: [{ ip_address: '172.24.4.201' }] } }, 'admin')).body).toMatchObject({ router: { external_gateway_info: { external_fixed_ips: [{ ip_address: '172.24.4.201' }] } } });
  });

  it('route where their networks lead, and keep interfaces that routes need', async () => {
    const { subnet, router } = await site();
    const [a, b] = [String(subnet['cidr']).replace('0/24', '9'), String(subnet['cidr']).replace('0/24', '8')];
    const put = (routes: unknown) => world.ask('alice', 'PUT', `/routers/${router.id}`, { router: { routes } });
    expect((await put([{ destination: '192.168.0.0/24', nexthop: a }])).body).toMatchObject({ router: { routes: [{ destination: '192.168.0.0/24', nexthop: a }] } });
    expect(type(await put([{ destination: '192.168.0.0/24', nexthop: '10.250.0.1' }]))).toBe('InvalidRoutes');
    expect(type(await put([{ destination: '192.168.0.0/24', nexthop: subnet['gateway_ip'] }]))).toBe('InvalidRoutes');
    const added = await world.ok('alice', 'PUT', `/routers/${router.id}/add_extraroutes`, { router: { routes: [{ destination: '192.168.1.0/24', nexthop: b }, { destination: '192.168.0.0/24', nexthop: a }] } });
    expect((added['router'] as unknown as { routes: unknown[] }).routes).toHaveLength(2);
    expect(spec(router)).toMatchObject({ routes: [{ nexthop: a }, { nexthop: b }] });
    expect(type(await world.ask('alice', 'PUT', `/routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id }))).toBe('RouterInterfaceInUseByRoute');
    await world.ok('alice', 'PUT', `/routers/${router.id}/remove_extraroutes`, { router: { routes: [{ destination: '192.168.1.0/24', nexthop: b }] } });
    expect((await put(null)).body).toMatchObject({ router: { routes: [] } });
  });

  it('lead to one address of a port, and tell its server', async () => {
    const { network, router } = await site();
    const serverId = newId<'server'>();
    const { nics: [nic] } = await world.app.get(ServerPortsService).ensure({
      serverId, projectId: demoProject, userId: 'u', hostname: 'web', availabilityZone: 'nova', host: 'h', securityGroupIds: [],
      nics: [{ index: 0, networkId: network.id, portId: null, fixedIp: null, tag: null }],
    }, AbortSignal.timeout(10_000));
    const address = await floating();
    expect(address).toMatchObject({ status: 'DOWN', port_id: null });
    expect((await lead(address.id, { port_id: nic?.portId })).body).toMatchObject({ floatingip: { status: 'ACTIVE', router_id: router.id, fixed_ip_address: nic?.fixedIps[0]?.ip } });
    expect((await world.events()).at(-1)).toMatchObject({ serverId, nic: { fixedIps: [{ floatingIps: [address['floating_ip_address']] }] } });
    const second = await floating();
    expect(type(await lead(second.id, { port_id: nic?.portId }))).toBe('FloatingIPPortAlreadyAssociated');
    expect(type(await world.ask('alice', 'PUT', `/routers/${router.id}`, { router: { external_gateway_info: null } }))).toBe('RouterExternalGatewayInUseByFloatingIp');
    expect((await lead(address.id, { port_id: null })).body).toMatchObject({ floatingip: { status: 'DOWN', router_id: null } });
    expect((await world.events()).at(-1)).toMatchObject({ nic: { fixedIps: [{ floatingIps: [] }] } });
    expect(spec(router)).toMatchObject({ floatingIps: [] });
    await world.ok('alice', 'DELETE', `/floatingips/${address.id}`);
    expect(await world.database.sql`SELECT FROM port WHERE device_id = ${address.id}`).toEqual([]);
  });

  it('need a way from the port to the outside, and a port of the same project', async () => {
    const { network } = await site();
    const inner = await world.network();
    await world.subnet(inner.id, '10.200.0.0/24');
    const address = await floating();
    expect(type(await lead(address.id, { port_id: (await world.port(inner.id)).id }))).toBe('ExternalGatewayForFloatingIPNotFound');
    expect(type(await lead(address.id, { port_id: 'none' }))).toBe('PortNotFound');
    expect(type(await lead(address.id, { port_id: (await world.port(network.id, { fixed_ips: [] })).id }))).toBe('BadRequest');
    const several = await world.port(network.id, { fixed_ips: [{ subnet_id: (network['subnets'] as string[])[0] ?? (await subnetOf(network)) }, { subnet_id: await subnetOf(network) }] });
    expect(type(await lead(address.id, { port_id: several.id }))).toBe('BadRequest');
    const [, chosen] = several['fixed_ips'] as { ip_address: string }[];
    expect((await lead(address.id, { port_id: several.id, fixed_ip_address: chosen?.ip_address })).body).toMatchObject({ floatingip: { fixed_ip_address: chosen?.ip_address } });
    expect(type(await world.ask('alice', 'POST', '/floatingips', { floatingip: { floating_network_id: inner.id } }))).toBe('BadRequest');
    expect((await world.ask('alice', 'POST', '/floatingips', { floatingip: { floating_network_id: external.id, floating_ip_address: '172.24.4.99' } })).status).toBe(403);
    expect((await world.ok('admin', 'POST', '/floatingips', { floatingip: { floating_network_id: external.id, floating_ip_address: '172.24.4.99' } }))['floatingip']).toMatchObject({ floating_ip_address: '172.24.4.99' });
  });

  const subnetOf = async (network: Json): Promise<string> => ((await world.ok('alice', 'GET', `/subnets?network_id=${network.id}`))['subnets'] as unknown as Json[])[0]?.id ?? '';

  it('are let go when the address that they lead to is taken from the port', async () => {
    const { network, router } = await site();
    const port = await world.port(network.id);
    const address = await floating({ port_id: port.id });
    await world.ok('alice', 'PUT', `/ports/${port.id}`, { port: { fixed_ips: [] } });
    expect((await world.ok('alice', 'GET', `/floatingips/${address.id}`))['floatingip']).toMatchObject({ status: 'DOWN', fixed_ip_address: null });
    expect(spec(router)).toMatchObject({ floatingIps: [] });
  });
});
