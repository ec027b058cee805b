import 'reflect-metadata';
import { demoProject } from '@virga/testing';
import { useNetwork, type Json } from '../testing/index.js';

describe('ports', () => {
  const world = useNetwork();
  let network: Json;
  let subnet: Json;
  let second: Json;

  beforeAll(async () => {
    await world.unlimit(demoProject);
    network = await world.network();
    subnet = await world.subnet(network.id, '10.0.0.0/24');
    second = await world.subnet(network.id, '10.0.1.0/24');
  });

  const put = (id: string, body: Record<string, unknown>, as = 'alice', headers = {}) => world.ask(as, 'PUT', `/ports/${id}`, { port: body }, headers);
  const type = (answer: { body: unknown }): string => (answer.body as { NeutronError: { type: string } }).NeutronError.type;

  it('have the addresses that were asked for, and keep those that stay', async () => {
    const port = await world.port(network.id, { fixed_ips: [{ subnet_id: second.id }, { ip_address: '10.0.0.50' }] });
    const [first] = port['fixed_ips'] as { subnet_id: string; ip_address: string }[];
    expect(port['fixed_ips']).toEqual([{ subnet_id: second.id, ip_address: expect.stringMatching(/^10\.0\.1\./) }, { subnet_id: subnet.id, ip_address: '10.0.0.50' }]);
    expect((await put(port.id, { fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.0.0.51' }, { subnet_id: second.id }] })).body).toMatchObject({ port: { fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.0.0.51' }, first] } });
    expect(world.backend.find({ kind: 'port', id: port.id })).toMatchObject({ fixedIps: [{ subnetId: subnet.id, ip: '10.0.0.51' }, { subnetId: second.id, ip: first?.ip_address }] });
    expect((await put(port.id, { fixed_ips: [] })).body).toMatchObject({ port: { fixed_ips: [] } });
    expect((await world.port(network.id, { fixed_ips: [{ ip_address: '10.0.0.51' }] }))['fixed_ips']).toEqual([{ subnet_id: subnet.id, ip_address: '10.0.0.51' }]);
  });

  it.each([
    [{ fixed_ips: [{ ip_address: '10.9.9.9' }] }, 'InvalidIpForNetwork'], [{ fixed_ips: [{ ip_address: '10.0.0.255' }] }, 'InvalidIpForSubnet'], [{ fixed_ips: [{ subnet_id: 'none' }] }, 'InvalidInput'],
    [{ fixed_ips: [{}] }, 'InvalidInput'], [{ mac_address: 'zz' }, 'InvalidInput'], [{ security_groups: ['none'] }, 'SecurityGroupNotFound'],
    [{ port_security_enabled: false, security_groups: ['none'] }, 'PortSecurityAndIPRequiredForSecurityGroups'],
    [{ port_security_enabled: false, allowed_address_pairs: [{ ip_address: '1.2.3.4' }] }, 'AddressPairAndPortSecurityRequired'],
    [{ allowed_address_pairs: [{ ip_address: '1.2.3.4' }, { ip_address: '1.2.3.4' }] }, 'DuplicateAddressPairInRequest'], [{ dns_name: '-x-' }, 'InvalidInput'],
    [{ unknown: 1 }, 'HTTPBadRequest'],
  ])('are refused where they make no sense: %j', async (body, expected) => {
    expect(type(await world.ask('alice', 'POST', '/ports', { port: { network_id: network.id, ...body } }))).toBe(expected);
  });

  it('do not share a MAC address on a network', async () => {
    await world.port(network.id, { mac_address: 'fa:16:3e:00:00:99' });
    expect(type(await world.ask('alice', 'POST', '/ports', { port: { network_id: network.id, mac_address: 'FA-16-3E-00-00-99' } }))).toBe('MacAddressInUse');
  });

  it('show and take their host only where the caller may know', async () => {
    const port = await world.port(network.id, {}, 'alice');
    expect(port).not.toHaveProperty('binding:host_id');
    expect(port).toHaveProperty('binding:vnic_type', 'normal');
    expect((await put(port.id, { 'binding:host_id': 'h1' })).status).toBe(403);
    expect((await put(port.id, { 'binding:host_id': 'h1' }, 'admin')).body).toMatchObject({ port: { 'binding:host_id': 'h1', 'binding:vif_type': 'ovs' } });
    expect(world.backend.find({ kind: 'port', id: port.id })).toMatchObject({ host: 'h1' });
    expect(type(await put(port.id, { mac_address: 'fa:16:3e:00:00:77' }, 'admin'))).toBe('PortBound');
  });

  it('take addresses and device owners on shared networks only from their owner', async () => {
    const shared = await world.network('admin', { shared: true });
    await world.subnet(shared.id, '10.7.0.0/24', {}, 'admin');
    expect((await world.ask('alice', 'POST', '/ports', { port: { network_id: shared.id } })).status).toBe(201);
    expect((await world.ask('alice', 'POST', '/ports', { port: { network_id: shared.id, fixed_ips: [{ ip_address: '10.7.0.50' }] } })).status).toBe(403);
    expect((await world.ask('alice', 'POST', '/ports', { port: { network_id: shared.id, device_owner: 'network:dhcp' } })).status).toBe(403);
    expect((await world.ask('alice', 'POST', '/ports', { port: { network_id: shared.id, port_security_enabled: false } })).status).toBe(403);
    expect((await world.ask('alice', 'POST', '/ports', { port: { network_id: network.id, project_id: 'someone-else' } })).status).toBe(403);
  });

  it('are changed only at the revision that is meant', async () => {
    const port = await world.port(network.id);
    const ifMatch = (revision: unknown) => ({ 'if-match': `revision_number=${String(revision)}` });
    expect((await put(port.id, { name: 'x' }, 'alice', ifMatch(port['revision_number']))).status).toBe(200);
    expect((await put(port.id, { name: 'y' }, 'alice', ifMatch(port['revision_number'])))).toMatchObject({ status: 412, body: { NeutronError: { type: 'RevisionNumberConstraintFailed' } } });
    expect((await world.ask('alice', 'DELETE', `/ports/${port.id}`, undefined, ifMatch(port['revision_number']))).status).toBe(412);
    expect((await put(port.id, { name: 'y' }, 'alice', { 'if-match': 'x' })).status).toBe(400);
  });

  it('keep DHCP options by name, and have a name of their own', async () => {
    const port = await world.port(network.id, { dns_name: 'Web', extra_dhcp_opts: [{ opt_name: 'mtu', opt_value: '1400' }, { opt_name: 'x', opt_value: '1' }] });
    expect(port).toMatchObject({ dns_name: 'web', dns_assignment: [{ hostname: 'web', fqdn: 'web.openstacklocal.' }] });
    expect((await put(port.id, { extra_dhcp_opts: [{ opt_name: 'mtu', opt_value: '1300' }, { opt_name: 'x', opt_value: null }] })).body).toMatchObject({ port: { extra_dhcp_opts: [{ opt_name: 'mtu', opt_value: '1300', ip_version: 4 }] } });
    expect(world.backend.find({ kind: 'port', id: port.id })).toMatchObject({ dnsName: 'web', extraDhcpOptions: [{ name: 'mtu', value: '1300', ipVersion: 4 }] });
  });

  it('lose and regain their protection', async () => {
    const port = await world.port(network.id);
    expect(type(await put(port.id, { port_security_enabled: false }))).toBe('PortSecurityAndIPRequiredForSecurityGroups');
    expect((await put(port.id, { port_security_enabled: false, security_groups: [] })).body).toMatchObject({ port: { security_groups: [], port_security_enabled: false } });
    expect(world.backend.find({ kind: 'port', id: port.id })).toMatchObject({ hasPortSecurity: false, securityGroupIds: [] });
  });

  it('of routers are not deleted by themselves, and the metadata port comes back', async () => {
    const router = await world.router();
    const inner = await world.network();
    const { id: subnetId } = await world.subnet(inner.id, '10.3.0.0/24');
    const { port_id: interfaceId } = await world.ok('alice', 'PUT', `/routers/${router.id}/add_router_interface`, { subnet_id: subnetId }) as unknown as { port_id: string };
    expect(type(await world.ask('alice', 'DELETE', `/ports/${interfaceId}`))).toBe('ServicePortInUse');
    const pretender = await world.port(inner.id, { device_owner: 'network:router_interface', device_id: router.id });
    expect((await world.ask('alice', 'DELETE', `/ports/${pretender.id}`)).status).toBe(204);
    const distributed = async (): Promise<Json[]> => (await world.ok('alice', 'GET', `/ports?network_id=${inner.id}&device_owner=network:distributed`))['ports'] as unknown as Json[];
    const [before] = await distributed();
    await world.ok('alice', 'DELETE', `/ports/${before?.id}`);
    const [after] = await distributed();
    expect(after?.id).not.toBe(before?.id);
    expect(world.backend.find({ kind: 'port', id: after?.id ?? '' })).toMatchObject({ role: 'metadata' });
    expect(world.backend.find({ kind: 'subnet', id: subnetId })).toMatchObject({ metadataIp: '10.3.0.2' });
  });

  it('are made all or none', async () => {
    const count = async (): Promise<number> => ((await world.ok('alice', 'GET', '/ports?fields=id'))['ports'] as unknown as unknown[]).length;
    const before = await count();
    expect((await world.ask('alice', 'POST', '/ports', { ports: [{ network_id: network.id }, { network_id: network.id, security_groups: ['none'] }] })).status).toBe(404);
    expect(await count()).toBe(before);
  });
});
