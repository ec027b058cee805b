import 'reflect-metadata';
import { networkEndpoints } from '@virga/contracts-network';
import { adminProject, describeFuzz } from '@virga/testing';
import { useNetwork } from './testing/network-world.js';

describe('the network API', () => {
  const world = useNetwork();
  const known: Record<string, string[]> = {};

  beforeAll(async () => {
    await world.unlimit(adminProject);
    const { network: external } = await world.external('172.24.0.0/16');
    const network = await world.network('admin');
    const subnet = await world.subnet(network.id, '10.0.0.0/16', {}, 'admin');
    const port = await world.port(network.id, {}, 'admin');
    const router = await world.router({ external_gateway_info: { network_id: external.id } }, 'admin');
    const made = async (path: string, one: string, body: object): Promise<string> => (await world.ok('admin', 'POST', path, { [one]: body }) as Record<string, { id: string }>)[one]?.id ?? '';
    const group = await made('/security-groups', 'security_group', { name: 'group' });
    Object.assign(known, {
      network_id: [network.id, external.id], subnet_id: [subnet.id], port_id: [port.id], router_id: [router.id], security_group_id: [group], project_id: [adminProject],
      floatingip_id: [await made('/floatingips', 'floatingip', { floating_network_id: external.id })],
      subnetpool_id: [await made('/subnetpools', 'subnetpool', { name: 'pool', prefixes: ['10.0.0.0/8'] })],
      security_group_rule_id: [await made('/security-group-rules', 'security_group_rule', { security_group_id: group, direction: 'ingress' })], alias: ['router'],
    });
    known['id'] = Object.values(known).flat();
  });

  describeFuzz({ basePath: '/v2.0', endpoints: networkEndpoints, as: 'admin', request: (request) => world.request(request), known: (parameter) => known[parameter] ?? [], runs: 40 });
});
