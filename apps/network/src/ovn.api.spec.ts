import 'reflect-metadata';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OvnNetworkBackend } from '@virga/driver-ovn';
import type { ServerNic } from '@virga/contracts-network';
import { startPrivateOvn, type PrivateOvn } from '@virga/driver-ovn/testing';
import { newId } from '@virga/kernel';
import { Reconciliation } from '@virga/reconcile';
import { demoProject } from '@virga/testing';
import { ServerPortsService } from './server-ports/index.js';
import { useNetwork, type Json } from './testing/index.js';

describe('the network service on a real OVN', () => {
  let ovn: PrivateOvn;
  const lifetime = new AbortController();
  afterAll(async () => {
    lifetime.abort();
    await ovn?.stop();
  });
  const world = useNetwork({
    backend: async () => {
      ovn = await startPrivateOvn(await mkdtemp(join(tmpdir(), 'ovn-')));
      const backend = await OvnNetworkBackend.connect({ northbound: ovn.northbound, southbound: ovn.southbound, signal: lifetime.signal });
      await backend.whenConnected(AbortSignal.timeout(10_000));
      return backend;
    },
  });
  const signal = AbortSignal.timeout(120_000);
  const nb = async (...args: string[]): Promise<string> => (await ovn.nbctl('--bare', ...args)).trim();
  const repair = () => world.app.get(Reconciliation).runOnce('network-backend', signal);

  it('compiles a site into logical rows, and takes every one of them away again', async () => {
    await repair();
    const { network: external } = await world.external('172.24.4.0/24', { 'provider:network_type': 'flat', 'provider:physical_network': 'physnet1' });
    const network = await world.network();
    const subnet = await world.subnet(network.id, '10.0.0.0/24', { dns_nameservers: ['9.9.9.9'] });
    const router = await world.router({ external_gateway_info: { network_id: external.id } });
    await world.ok('alice', 'PUT', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
    const serverId = newId<'server'>();
    const { nics } = await world.app.get(ServerPortsService).ensure({
      serverId, projectId: demoProject, userId: 'u', hostname: 'web', availabilityZone: 'nova', host: 'host-1', securityGroupIds: [],
      nics: [{ index: 0, networkId: network.id, portId: null, fixedIp: '10.0.0.77', tag: null }],
    }, signal);
    const { portId, securityGroups: [group] } = nics[0] as ServerNic;
    const answer = await world.ok('alice', 'POST', '/floatingips', { floatingip: { floating_network_id: external.id, port_id: portId } });
    const floating = answer['floatingip'] as unknown as Json;
    await world.ok('alice', 'POST', '/security-group-rules', { security_group_rule: { security_group_id: group?.id, direction: 'ingress', protocol: 'tcp', port_range_min: 22, port_range_max: 22 } });

    expect(await nb('--columns=addresses,options', 'find', 'logical_switch_port', `name="${portId}"`)).toMatch(/10\.0\.0\.77[\s\S]*requested-chassis=host-1/);
    expect(await nb('--columns=options', 'find', 'dhcp_options', 'cidr="10.0.0.0/24"')).toMatch(/dns_server=\{?9\.9\.9\.9/);
    expect(await nb('--columns=external_ip,logical_ip', 'find', 'nat', 'type=dnat_and_snat')).toBe(`${floating['floating_ip_address']}\n10.0.0.77`);
    expect(await nb('--columns=logical_ip', 'find', 'nat', 'type=snat')).toBe('10.0.0.0/24');
    expect(await nb('--columns=match', 'find', 'acl')).toContain('tcp.dst == 22');
    expect(await nb('--columns=options', 'find', 'logical_switch_port', 'type=localnet')).toContain('network_name=physnet1');
    expect(await nb('--columns=name', 'find', 'logical_switch_port', 'type=localport')).not.toBe('');
    expect(await repair()).toMatchObject({ defects: 0 });

    await nb('clear', 'logical_switch_port', await nb('--columns=_uuid', 'find', 'logical_switch_port', `name="${portId}"`), 'port_security');
    expect(await repair()).toMatchObject({ defects: 1 });
    expect(await nb('--columns=port_security', 'find', 'logical_switch_port', `name="${portId}"`)).toContain('10.0.0.77');

    await world.ok('alice', 'DELETE', `/floatingips/${floating.id}`);
    await world.app.get(ServerPortsService).release({ serverId, portIds: null });
    await world.ok('alice', 'PUT', `/routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id });
    await world.ok('alice', 'DELETE', `/routers/${router.id}`);
    await world.ok('alice', 'DELETE', `/networks/${network.id}`);
    await world.ok('admin', 'DELETE', `/networks/${external.id}`);
    for (const table of ['logical_switch', 'logical_switch_port', 'logical_router', 'logical_router_port', 'dhcp_options', 'nat']) expect([table, await nb('--columns=_uuid', 'list', table)]).toEqual([table, '']);
    expect(await repair()).toMatchObject({ defects: 0 });
  }, 60_000);

  it('answers while OVN is dead, and makes it so when OVN is back', async () => {
    await ovn.killNorthbound();
    const network = await world.network();
    expect(network).toMatchObject({ status: 'BUILD' });
    await ovn.startNorthbound();
    await world.until(async () => (await world.ok('alice', 'GET', `/networks/${network.id}`) as Record<string, { status: string }>)['network']?.status === 'ACTIVE', 20);
    expect(await nb('--columns=_uuid', 'find', 'logical_switch', `external_ids:virga\\:id="${network.id}"`)).not.toBe('');
  }, 60_000);
});
