import 'reflect-metadata';
import { adminProject } from '@virga/testing';
import { fc, runs } from '@virga/testing/fast-check';
import { useNetwork } from './testing/network-world.js';

/** Requests that look right: real ids, real addresses, combined without sense. They go deeper than what a schema alone suggests. */
describe('the network API, asked plausible nonsense', () => {
  const world = useNetwork();
  let ids: Record<'network' | 'subnet' | 'port' | 'router' | 'group' | 'floating', string[]>;

  beforeAll(async () => {
    await world.unlimit(adminProject);
    const { network: external, subnet: outer } = await world.external('172.24.0.0/16');
    const network = await world.network('admin');
    const subnets = [await world.subnet(network.id, '10.0.0.0/24', {}, 'admin'), await world.subnet(network.id, 'fd00:1::/64', { ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' }, 'admin')];
    const ports = [await world.port(network.id, {}, 'admin'), await world.port(network.id, {}, 'admin')];
    const router = await world.router({ external_gateway_info: { network_id: external.id } }, 'admin');
    const group = (await world.ok('admin', 'POST', '/security-groups', { security_group: { name: 'group' } }) as Record<string, { id: string }>)['security_group'];
    const floating = (await world.ok('admin', 'POST', '/floatingips', { floatingip: { floating_network_id: external.id } }) as Record<string, { id: string }>)['floatingip'];
    ids = {
      network: [network.id, external.id], subnet: [...subnets.map(({ id }) => id), outer.id], port: ports.map(({ id }) => id), router: [router.id],
      group: [group?.id ?? ''], floating: [floating?.id ?? ''],
    };
  });

  const mostly = <T>(good: readonly T[], odd: readonly T[]) => fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
  const text = mostly(['x', 'a-b'], ['', 'ü', 'None']);
  const flag = fc.constantFrom(true, false, 'True', 'no');
  const ip = mostly(
    ['10.0.0.1', '10.0.0.2', '10.0.0.77', '10.0.0.78', '172.24.0.9', 'fd00:1::5', 'FD00:1:0::7'],
    ['10.0.0.255', '10.9.9.9', '::', '0.0.0.0', '255.255.255.255', '10.0.0', '1.2.3.4.5', 'fe80::1%eth0'],
  );
  const cidr = mostly(
    ['10.0.0.0/24', '10.1.0.0/16', '10.2.0.0/30', '10.3.0.0/31', '10.4.0.1/32', 'fd00:2::/64', 'fd00:3::/127', '255.255.255.252/30', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc/126'],
    ['10.0.0.0/0', '10.0.0.1/24', '0.0.0.0/8', '::/0', 'ffff::/16', '224.0.0.0/24', '10.0.0.0/33', 'x/1'],
  );
  const mac = mostly(['fa:16:3e:00:00:01', 'FA-16-3E-00-00-02', 'fa163e000003'], ['00:00:00:00:00:00', '01:00:5e:00:00:01', 'zz']);
  const number = fc.constantFrom(-1, 0, 1, 22, 24, 80, 255, 256, 1500, 65535, 65536, 2147483647, '22', '-5');
  const anyId = (kind: keyof typeof ids) => fc.nat().map((at) => (at % 12 === 11 ? '00000000-0000-4000-8000-000000000000' : ids[kind][at % ids[kind].length] ?? ''));
  const optional = <Fields extends Record<string, fc.Arbitrary<unknown>>>(fields: Fields, required: readonly string[] = []) => fc.record(
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, required.includes(name) ? field : fc.tuple(field, fc.nat(2)).map(([value, coin]) => (coin === 0 ? value : undefined))])),
  );
  const route = fc.record({ destination: cidr, nexthop: ip });
  const fixedIps = fc.array(optional({ subnet_id: anyId('subnet'), ip_address: ip }), { maxLength: 3 });

  const bodies: Record<string, () => [method: string, url: fc.Arbitrary<string>, key: string | undefined, body: fc.Arbitrary<unknown>]> = {
    'createNetwork': () => ['POST', fc.constant('/networks'), 'network', optional({
      name: text, mtu: number, shared: flag, 'router:external': flag, is_default: flag, 'provider:network_type': fc.constantFrom('flat', 'vlan', 'geneve', 'gre'),
      'provider:physical_network': fc.constantFrom('physnet1', 'other', null), 'provider:segmentation_id': number, dns_domain: text, availability_zone_hints: fc.constantFrom(['nova'], ['x'], []),
    })],
    'updateNetwork': () => ['PUT', anyId('network').map((id) => `/networks/${id}`), 'network', optional({ name: text, mtu: number, shared: flag, is_default: flag, 'provider:segmentation_id': number, admin_state_up: flag })],
    'createSubnet': () => ['POST', fc.constant('/subnets'), 'subnet', optional({
      network_id: anyId('network'), cidr, ip_version: fc.constantFrom(4, 6, '4', 5), gateway_ip: fc.oneof(ip, fc.constant(null)), enable_dhcp: flag, prefixlen: number,
      allocation_pools: fc.array(fc.record({ start: ip, end: ip }), { maxLength: 3 }), dns_nameservers: fc.array(ip, { maxLength: 3 }), host_routes: fc.array(route, { maxLength: 3 }),
      ipv6_ra_mode: fc.constantFrom('slaac', 'dhcpv6-stateful'), ipv6_address_mode: fc.constantFrom('slaac', 'dhcpv6-stateless'), use_default_subnetpool: flag,
    }, ['network_id', 'cidr'])],
    'updateSubnet': () => ['PUT', anyId('subnet').map((id) => `/subnets/${id}`), 'subnet', optional({
      name: text, gateway_ip: fc.oneof(ip, fc.constant(null)), enable_dhcp: flag, allocation_pools: fc.array(fc.record({ start: ip, end: ip }), { maxLength: 2 }), dns_nameservers: fc.array(ip, { maxLength: 2 }), host_routes: fc.array(route, { maxLength: 2 }),
    })],
    'createPort': () => ['POST', fc.constant('/ports'), 'port', optional({
      network_id: anyId('network'), name: text, mac_address: mac, fixed_ips: fixedIps, security_groups: fc.array(anyId('group'), { maxLength: 2 }), port_security_enabled: flag,
      allowed_address_pairs: fc.array(optional({ ip_address: fc.oneof(ip, cidr), mac_address: mac }, ['ip_address']), { maxLength: 3 }), device_owner: fc.constantFrom('', 'compute:nova', 'network:dhcp', 'network:router_interface'),
      device_id: text, dns_name: text, extra_dhcp_opts: fc.array(fc.record({ opt_name: text, opt_value: fc.oneof(text, fc.constant(null)), ip_version: number }), { maxLength: 2 }), 'binding:host_id': text,
    }, ['network_id'])],
    'updatePort': () => ['PUT', anyId('port').map((id) => `/ports/${id}`), 'port', optional({
      mac_address: fc.oneof(mac, fc.constant(null)), fixed_ips: fixedIps, security_groups: fc.array(anyId('group'), { maxLength: 2 }), port_security_enabled: flag, device_owner: fc.constantFrom('', 'compute:x'), device_id: text,
      allowed_address_pairs: fc.array(optional({ ip_address: fc.oneof(ip, cidr), mac_address: mac }, ['ip_address']), { maxLength: 2 }), 'binding:host_id': fc.constantFrom('h1', '', null),
    })],
    'updateRouter': () => ['PUT', anyId('router').map((id) => `/routers/${id}`), 'router', optional({
      name: text, routes: fc.array(route, { maxLength: 3 }), external_gateway_info: fc.oneof(fc.constant(null), optional({ network_id: anyId('network'), enable_snat: flag, external_fixed_ips: fixedIps })),
    })],
    'addRouterInterface': () => ['PUT', anyId('router').map((id) => `/routers/${id}/add_router_interface`), undefined, optional({ subnet_id: anyId('subnet'), port_id: anyId('port') })],
    'removeRouterInterface': () => ['PUT', anyId('router').map((id) => `/routers/${id}/remove_router_interface`), undefined, optional({ subnet_id: anyId('subnet'), port_id: anyId('port') })],
    'createFloatingIp': () => ['POST', fc.constant('/floatingips'), 'floatingip', optional({ floating_network_id: anyId('network'), port_id: anyId('port'), fixed_ip_address: ip, floating_ip_address: ip, subnet_id: anyId('subnet') }, ['floating_network_id'])],
    'updateFloatingIp': () => ['PUT', anyId('floating').map((id) => `/floatingips/${id}`), 'floatingip', optional({ port_id: fc.oneof(anyId('port'), fc.constant(null)), fixed_ip_address: fc.oneof(ip, fc.constant(null)), description: text })],
    'createSecurityGroupRule': () => ['POST', fc.constant('/security-group-rules'), 'security_group_rule', optional({
      security_group_id: anyId('group'), direction: fc.constantFrom('ingress', 'egress', 'INGRESS'), ethertype: fc.constantFrom('IPv4', 'ipv6', 'x', null), protocol: fc.constantFrom('tcp', 'ICMP', 'icmpv6', 'any', 6, '300', 'x', null),
      port_range_min: number, port_range_max: number, remote_ip_prefix: fc.oneof(cidr, ip), remote_group_id: anyId('group'),
    }, ['security_group_id', 'direction'])],
    'createSubnetPool': () => ['POST', fc.constant('/subnetpools'), 'subnetpool', optional({ name: fc.constant('p'), prefixes: fc.array(cidr, { minLength: 1, maxLength: 3 }), min_prefixlen: number, max_prefixlen: number, default_prefixlen: number, default_quota: number, is_default: flag, shared: flag }, ['name', 'prefixes'])],
    'updateQuota': () => ['PUT', fc.constant(`/quotas/${adminProject}`), 'quota', optional({ network: fc.constantFrom(-1, 9999), port: fc.constantFrom(-2, -1), force: flag })],
  };

  for (const name of Object.keys(bodies)) {
    it(`${name} never answers 5xx, and leaves nothing unrealized for good`, async () => {
      const [method, url, key, body] = (bodies[name] as (typeof bodies)[string])();
      await fc.assert(fc.asyncProperty(url, body, async (path, value) => {
        const answer = await world.ask('admin', method, path, key === undefined ? value : { [key]: value });
        if (answer.status >= 500) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
      }), { numRuns: runs(60), endOnFailure: true });
      expect(await world.database.sql`SELECT kind, id, problem FROM realization WHERE due_at IS NOT NULL`).toEqual([]);
    });
  }
});
