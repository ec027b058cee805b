import 'reflect-metadata';
import { schemaDrift } from '@virga/persistence';
import { FloatingIpRow } from './floatingips/floatingip.row.js';
import { NetworkRow } from './networks/network.row.js';
import { PortRow } from './ports/port.row.js';
import { RouterRow } from './routers/router.row.js';
import { SecurityGroupRow, SecurityGroupRuleRow } from './security-groups/security-group.row.js';
import { SubnetPoolRow } from './subnetpools/subnetpool.row.js';
import { SubnetRow } from './subnets/subnet.row.js';
import { useNetwork, type Json } from './testing/network-world.js';

describe('the network service', () => {
  const world = useNetwork();

  it('has rows that are like its tables', async () => {
    const rows = [NetworkRow, SubnetRow, SubnetPoolRow, PortRow, RouterRow, FloatingIpRow, SecurityGroupRow, SecurityGroupRuleRow];
    expect(await schemaDrift(world.database, rows)).toEqual([]);
  });

  it('makes a network, a subnet and a port, and tells the backend of each', async () => {
    const network = await world.network();
    expect(network).toMatchObject({ status: 'ACTIVE', shared: false, mtu: 1442, subnets: [], revision_number: 1 });
    expect(network).not.toHaveProperty('provider:network_type');
    const subnet = await world.subnet(network.id, '10.1.0.0/24');
    expect(subnet).toMatchObject({ gateway_ip: '10.1.0.1', allocation_pools: [{ start: '10.1.0.2', end: '10.1.0.254' }], enable_dhcp: true });
    const port = await world.port(network.id);
    expect(port).toMatchObject({ status: 'DOWN', fixed_ips: [{ subnet_id: subnet.id }], security_groups: [expect.any(String)], port_security_enabled: true });
    expect(port['mac_address']).toMatch(/^fa:16:3e:/);
    expect(world.backend.find({ kind: 'network', id: network.id })).toMatchObject({ name: 'net', mtu: 1442 });
    expect(world.backend.find({ kind: 'subnet', id: subnet.id })).toMatchObject({ cidr: '10.1.0.0/24', metadataIp: '10.1.0.2', dnsNameservers: ['192.0.2.53'] });
    expect(world.backend.find({ kind: 'port', id: port.id })).toMatchObject({ role: 'guest', securityGroupIds: port['security_groups'] });
  });

  it('leads a floating IP through a router to a port', async () => {
    const { network: external } = await world.external();
    const network = await world.network();
    const subnet = await world.subnet(network.id, '10.2.0.0/24');
    const router = await world.router({ external_gateway_info: { network_id: external.id } });
    expect(router).toMatchObject({ status: 'ACTIVE', external_gateway_info: { network_id: external.id, enable_snat: true, external_fixed_ips: [{ ip_address: expect.stringMatching(/^172\.24\.4\./) }] } });
    await world.ok('alice', 'PUT', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
    const port = await world.port(network.id);
    const floating = (await world.ok('alice', 'POST', '/floatingips', { floatingip: { floating_network_id: external.id, port_id: port.id } }))['floatingip'] as unknown as Json;
    const [fixed] = port['fixed_ips'] as { ip_address: string }[];
    expect(floating).toMatchObject({ status: 'ACTIVE', router_id: router.id, fixed_ip_address: fixed?.ip_address, port_details: { network_id: network.id } });
    expect(world.backend.find({ kind: 'router', id: router.id })).toMatchObject({
      interfaces: [{ addresses: ['10.2.0.1/24'] }], gateway: { nexthops: ['172.24.4.1'], snatCidrs: ['10.2.0.0/24'], isSnatEnabled: true },
      floatingIps: [{ floatingIp: floating['floating_ip_address'], fixedIp: fixed?.ip_address, portId: port.id }],
    });
    expect((await world.ask('alice', 'PUT', `/routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id })).body).toMatchObject({ NeutronError: { type: 'RouterInterfaceInUseByFloatingIP' } });
    await world.ok('alice', 'DELETE', `/ports/${port.id}`);
    expect((await world.ok('alice', 'GET', `/floatingips/${floating.id}`))['floatingip']).toMatchObject({ status: 'DOWN', port_id: null, router_id: null });
    expect(world.backend.find({ kind: 'router', id: router.id })).toMatchObject({ floatingIps: [] });
  });
});
