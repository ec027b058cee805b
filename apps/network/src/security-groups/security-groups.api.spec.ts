import 'reflect-metadata';
import { demoProject } from '@virga/testing';
import { useNetwork, type Json } from '../testing/index.js';

describe('security groups', () => {
  const world = useNetwork();
  beforeAll(() => world.unlimit(demoProject));

  const groups = async (as = 'alice'): Promise<Json[]> => (await world.ok(as, 'GET', '/security-groups'))['security_groups'] as unknown as Json[];
  const group = async (body: Record<string, unknown> = {}): Promise<Json> => (await world.ok('alice', 'POST', '/security-groups', { security_group: { name: 'web', ...body } }))['security_group'] as unknown as Json;
  const rule = (body: Record<string, unknown>) => world.ask('alice', 'POST', '/security-group-rules', { security_group_rule: { direction: 'ingress', ...body } });
  const type = (answer: { body: unknown }): string => (answer.body as { NeutronError: { type: string } }).NeutronError.type;

  it('begin with a default one that lets its members talk to each other', async () => {
    const [made, ...others] = await groups('bob');
    expect(others).toEqual([]);
    expect(made).toMatchObject({ name: 'default', stateful: true });
    const rules = (made?.['security_group_rules'] as Json[]).map(({ direction, ethertype, remote_group_id: remote }) => `${direction} ${ethertype} ${remote === null ? 'any' : 'members'}`);
    expect(rules.sort()).toEqual(['egress IPv4 any', 'egress IPv6 any', 'ingress IPv4 members', 'ingress IPv6 members']);
    expect(type(await world.ask('bob', 'DELETE', `/security-groups/${made?.id}`))).toBe('SecurityGroupCannotRemoveDefault');
    expect(type(await world.ask('bob', 'PUT', `/security-groups/${made?.id}`, { security_group: { name: 'x' } }))).toBe('SecurityGroupCannotUpdateDefault');
    expect(type(await world.ask('bob', 'POST', '/security-groups', { security_group: { name: 'default' } }))).toBe('SecurityGroupDefaultAlreadyExists');
  });

  it.each([
    [{ protocol: 'tcp', port_range_min: 22, port_range_max: 22 }, { protocol: 'tcp', port_range_min: 22, port_range_max: 22, ethertype: 'IPv4', remote_ip_prefix: null }],
    [{ protocol: 17, port_range_min: '1', port_range_max: '65535', remote_ip_prefix: '10.0.0.1' }, { protocol: '17', port_range_max: 65535, remote_ip_prefix: '10.0.0.1/32', normalized_cidr: '10.0.0.1/32' }],
    [{ protocol: 'ICMP', port_range_min: 8, port_range_max: 0 }, { protocol: 'icmp', port_range_min: 8, port_range_max: 0 }],
    [{ protocol: 'any', remote_ip_prefix: '10.0.0.1/8' }, { protocol: null, remote_ip_prefix: '10.0.0.1/8', normalized_cidr: '10.0.0.0/8' }],
    [{ ethertype: 'ipv6', protocol: 'ipv6-icmp', direction: 'egress' }, { ethertype: 'IPv6', protocol: 'ipv6-icmp', direction: 'egress' }],
  ])('have rules: %j', async (body, expected) => {
    const { id } = await group();
    expect((await rule({ security_group_id: id, ...body })).body).toMatchObject({ security_group_rule: { security_group_id: id, ...expected } });
  });

  it.each([
    [{ direction: 'sideways' }, 'InvalidInput'], [{ protocol: 'x' }, 'SecurityGroupRuleInvalidProtocol'], [{ protocol: 256 }, 'SecurityGroupRuleInvalidProtocol'],
    [{ port_range_min: 1, port_range_max: 2 }, 'SecurityGroupProtocolRequiredWithPorts'], [{ protocol: 'tcp', port_range_min: 2, port_range_max: 1 }, 'SecurityGroupInvalidPortRange'],
    [{ protocol: 'tcp', port_range_min: 2 }, 'SecurityGroupInvalidPortRange'], [{ protocol: 'udp', port_range_min: 0, port_range_max: 1 }, 'SecurityGroupInvalidPortValue'],
    [{ protocol: 'icmp', port_range_min: 256 }, 'SecurityGroupInvalidIcmpValue'], [{ protocol: 'icmp', port_range_max: 1 }, 'SecurityGroupMissingIcmpType'],
    [{ protocol: 'icmpv6' }, 'SecurityGroupEthertypeConflictWithProtocol'], [{ remote_ip_prefix: 'fd00::/8' }, 'SecurityGroupRuleParameterConflict'], [{ remote_ip_prefix: 'x' }, 'InvalidInput'],
    [{ remote_group_id: 'none' }, 'SecurityGroupNotFound'], [{ remote_group_id: 'none', remote_ip_prefix: '10.0.0.0/8' }, 'SecurityGroupRemoteGroupAndRemoteIpPrefix'],
    [{ security_group_id: 'none' }, 'SecurityGroupNotFound'],
  ])('refuse rules that make no sense: %j', async (body, expected) => {
    expect(type(await rule({ security_group_id: (await group()).id, ...body }))).toBe(expected);
  });

  it('have each rule once, and tell the backend', async () => {
    const { id } = await group();
    const first = await rule({ security_group_id: id, protocol: 'tcp', port_range_min: 80, port_range_max: 80, remote_ip_prefix: '10.0.0.0/8' });
    expect(first.status).toBe(201);
    expect(await rule({ security_group_id: id, protocol: 'tcp', port_range_min: 80, port_range_max: 80, remote_ip_prefix: '10.9.9.9/8' })).toMatchObject({ status: 409, body: { NeutronError: { type: 'SecurityGroupRuleExists' } } });
    const { security_group_rule: made } = first.body as { security_group_rule: Json };
    expect((world.backend.find({ kind: 'security-group', id }) as { rules: unknown[] }).rules).toContainEqual(expect.objectContaining({ id: made.id, portRangeMin: 80, remoteIpPrefix: '10.0.0.0/8' }));
    await world.ok('alice', 'DELETE', `/security-group-rules/${made.id}`);
    expect((world.backend.find({ kind: 'security-group', id }) as { rules: unknown[] }).rules).toHaveLength(2);
    expect((await world.ask('alice', 'DELETE', `/security-group-rules/${made.id}`)).status).toBe(404);
  });

  it('do not see or name other projects\' groups', async () => {
    const [bobs] = await groups('bob');
    expect(type(await rule({ security_group_id: (await group()).id, remote_group_id: bobs?.id }))).toBe('SecurityGroupNotFound');
    const network = await world.network();
    expect(type(await world.ask('alice', 'POST', '/ports', { port: { network_id: network.id, security_groups: [bobs?.id] } }))).toBe('SecurityGroupNotFound');
  });

  it('stay while ports are under them, and take rules that name them along', async () => {
    const [used, naming] = [await group(), await group()];
    await rule({ security_group_id: naming.id, remote_group_id: used.id });
    const port = await world.port((await world.network()).id, { security_groups: [used.id] });
    expect(type(await world.ask('alice', 'DELETE', `/security-groups/${used.id}`))).toBe('SecurityGroupInUse');
    expect(type(await world.ask('alice', 'PUT', `/security-groups/${used.id}`, { security_group: { stateful: false } }))).toBe('SecurityGroupInUse');
    await world.ok('alice', 'PUT', `/ports/${port.id}`, { port: { security_groups: [naming.id] } });
    await world.ok('alice', 'DELETE', `/security-groups/${used.id}`);
    expect(world.backend.find({ kind: 'security-group', id: used.id })).toBeUndefined();
    expect((world.backend.find({ kind: 'security-group', id: naming.id }) as { rules: unknown[] }).rules).toHaveLength(2);
  });
});
