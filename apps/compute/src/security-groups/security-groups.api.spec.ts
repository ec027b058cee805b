import { randomUUID } from 'node:crypto';
import type { ApiAnswer } from '@virga/testing';
import { inVersion, useSharedComputeWorld } from '../testing/index.js';

type Json = Record<string, unknown>;

describe('what is passed on for older clients', () => {
  const world = useSharedComputeWorld();

  const ask = (method: string, path: string, body?: unknown, { as = 'alice', version = '2.35' } = {}): Promise<ApiAnswer> =>
    world().request({ as, method, url: `/v2.1${path}`, headers: inVersion(version), ...(body !== undefined && { body }) });
  const group = async (name: string): Promise<string> =>
    ((await ask('POST', '/os-security-groups', { security_group: { name, description: 'd' } })).body as { security_group: { id: string } }).security_group.id;
  const rule = (parent: string, more: Json): Promise<ApiAnswer> => ask('POST', '/os-security-group-rules', { security_group_rule: { parent_group_id: parent, ...more } });

  it('security groups are made, changed, listed by name and deleted, in the caller\'s name', async () => {
    const web = await group('web');
    expect((await ask('GET', `/os-security-groups/${web}`)).body).toMatchObject({ security_group: { id: web, name: 'web', description: 'd', tenant_id: expect.any(String) as string, rules: [] } });
    await group('database');
    expect((await ask('GET', '/os-security-groups')).body).toMatchObject({ security_groups: [{ name: 'database' }, { name: 'web' }] });
    expect((await ask('GET', '/os-security-groups?limit=1&offset=1')).body).toMatchObject({ security_groups: [{ name: 'web' }] });
    expect((await ask('PUT', `/os-security-groups/${web}`, { security_group: { name: 'www', description: '' } })).body).toMatchObject({ security_group: { name: 'www' } });
    expect((await ask('POST', '/os-security-groups', { security_group: { name: ' ', description: '' } })).status).toBe(400);
    expect((await ask('POST', '/os-security-groups', { security_group: { name: 'x'.repeat(256), description: '' } })).status).toBe(400);
    expect((await ask('DELETE', `/os-security-groups/${web}`)).status).toBe(202);
    expect((await ask('GET', `/os-security-groups/${web}`)).status).toBe(404);
    expect((await ask('GET', '/os-security-groups', undefined, { version: '2.36' })).status).toBe(404);
    expect(new Set(world().peers.tokens)).toEqual(new Set(['alice']));
  });

  it('rules let traffic in from addresses or groups, with Nova\'s ports', async () => {
    const parent = await group('parent');
    const source = await group('source');
    expect((await rule(parent, { ip_protocol: 'tcp', from_port: 22, to_port: '22', cidr: '10.0.0.0/8' })).body).toMatchObject({
      security_group_rule: { parent_group_id: parent, ip_protocol: 'tcp', from_port: 22, to_port: 22, ip_range: { cidr: '10.0.0.0/8' }, group: {} },
    });
    expect((await rule(parent, { ip_protocol: 'icmp', from_port: -1, to_port: -1 })).body).toMatchObject({ security_group_rule: { ip_protocol: 'icmp', from_port: -1, to_port: -1, ip_range: { cidr: '0.0.0.0/0' } } });
    expect((await rule(parent, { ip_protocol: 'udp', group_id: source })).body).toMatchObject({ security_group_rule: { from_port: 1, to_port: 65_535, ip_range: {}, group: { name: 'source' } } });
    const refused: Json[] = [
      { ip_protocol: 'tcp' }, { ip_protocol: 'tcp', from_port: 0, to_port: 1 }, { ip_protocol: 'tcp', from_port: 2, to_port: 1 }, { ip_protocol: 'tcp', from_port: 'x', to_port: 1 },
      { ip_protocol: 'sctp', from_port: 1, to_port: 1 }, { ip_protocol: 'tcp', from_port: 1, to_port: 1, cidr: '10.0.0.0/33' }, { ip_protocol: 'tcp', from_port: 1, to_port: 1, cidr: '10.0.0.0/0' },
      { ip_protocol: 'tcp', from_port: 22, to_port: 22, cidr: '10.0.0.0/8' },
    ];
    for (const wrong of refused) expect({ wrong, status: (await rule(parent, wrong)).status }).toEqual({ wrong, status: 400 });
    expect((await rule(randomUUID(), { ip_protocol: 'tcp', from_port: 1, to_port: 1 })).status).toBe(404);
    const shown = (await ask('GET', `/os-security-groups/${parent}`)).body as { security_group: { rules: { id: string }[] } };
    expect(shown.security_group.rules).toHaveLength(3);
    expect((await ask('DELETE', `/os-security-group-rules/${shown.security_group.rules[0]?.id}`)).status).toBe(202);
    expect((await ask('DELETE', `/os-security-group-rules/${shown.security_group.rules[0]?.id}`)).status).toBe(404);
  });

  it('servers get and lose security groups', async () => {
    const server = await world().activeServer();
    const id = await group('attached');
    await group('twin');
    await group('twin');
    const act = (name: string, target: string, as = 'alice') => ask('POST', `/servers/${server}/action`, { [name]: { name: target } }, { version: '2.93', as });
    const names = async (): Promise<string[]> => ((await ask('GET', `/servers/${server}/os-security-groups`, undefined, { version: '2.93' })).body as { security_groups: { name: string }[] }).security_groups.map(({ name }) => name);
    expect((await act('addSecurityGroup', 'attached')).status).toBe(202);
    expect((await act('addSecurityGroup', id)).status).toBe(202);
    expect(await names()).toEqual(['attached']);
    expect((await ask('DELETE', `/os-security-groups/${id}`)).status).toBe(400);
    expect((await act('addSecurityGroup', 'twin')).status).toBe(409);
    expect((await act('addSecurityGroup', 'nothing')).status).toBe(404);
    expect((await act('addSecurityGroup', 'attached', 'bob')).status).toBe(404);
    expect((await act('removeSecurityGroup', 'attached')).status).toBe(202);
    expect((await act('removeSecurityGroup', 'attached')).status).toBe(404);
    expect(await names()).toEqual([]);
  });

  it('floating IPs come from pools and lead to servers', async () => {
    const server = await world().activeServer();
    expect((await ask('GET', '/os-floating-ip-pools')).body).toEqual({ floating_ip_pools: [{ name: 'public' }] });
    expect((await ask('POST', '/os-floating-ips', { pool: 'nowhere' })).status).toBe(404);
    const made = ((await ask('POST', '/os-floating-ips', { pool: 'public' })).body as { floating_ip: { id: string; ip: string } }).floating_ip;
    expect(made).toMatchObject({ pool: 'public', fixed_ip: null, instance_id: null });
    expect((await ask('POST', `/servers/${server}/action`, { addFloatingIp: { address: made.ip } })).status).toBe(202);
    expect((await ask('GET', `/os-floating-ips/${made.id}`)).body).toMatchObject({ floating_ip: { instance_id: server, fixed_ip: expect.stringMatching(/^10\./) as string } });
    expect((await ask('POST', `/servers/${server}/action`, { addFloatingIp: { address: made.ip, fixed_address: '192.0.2.1' } })).status).toBe(400);
    expect((await ask('POST', `/servers/${server}/action`, { removeFloatingIp: { address: made.ip } })).status).toBe(202);
    expect((await ask('POST', `/servers/${server}/action`, { removeFloatingIp: { address: made.ip } })).status).toBe(409);
    expect((await ask('GET', '/os-floating-ips')).body).toMatchObject({ floating_ips: [{ id: made.id, instance_id: null }] });
    expect((await ask('DELETE', `/os-floating-ips/${made.id}`)).status).toBe(202);
    expect((await ask('POST', `/servers/${server}/action`, { addFloatingIp: { address: made.ip } }, { version: '2.44' })).status).toBe(404);
  });

  it('others tell what happened to servers, and compute looks', async () => {
    const server = await world().activeServer();
    await world().database.sql`UPDATE server_nic SET revision = revision - 1, facts = facts || '{"status": "DOWN"}' WHERE server_id = ${server}`;
    const unknown = randomUUID();
    const answer = await ask('POST', '/os-server-external-events', { events: [{ name: 'network-changed', server_uuid: server }, { name: 'network-changed', server_uuid: unknown }] }, { as: 'service' });
    expect(answer).toMatchObject({ status: 207, body: { events: [{ server_uuid: server, code: 200, status: 'completed' }, { server_uuid: unknown, code: 404, status: 'failed' }] } });
    expect(await world().database.sql`SELECT facts ->> 'status' AS status FROM server_nic WHERE server_id = ${server}`).toEqual([{ status: 'ACTIVE' }]);
    expect((await ask('POST', '/os-server-external-events', { events: [{ name: 'volume-extended', server_uuid: server }] }, { as: 'service' })).status).toBe(400);
  });

  it('networks are ids and names', async () => {
    expect((await ask('GET', '/os-tenant-networks')).body).toMatchObject({ networks: [{ label: 'private', cidr: 'None' }, { label: 'public' }] });
    expect((await ask('GET', '/os-networks/11111111-1111-4111-8111-111111111111')).body).toMatchObject({ network: { label: 'private', netmask: null } });
    expect((await ask('GET', `/os-networks/${randomUUID()}`)).status).toBe(404);
  });

  it('images are the image service\'s', async () => {
    world().peers.images.set('i1', { id: 'i1', name: 'disk', status: 'active', min_ram: 64, min_disk: 1, size: 10, created_at: '2025-01-01T00:00:00Z', updated_at: '2025-01-01T00:00:00Z', colour: 'red', tags: [] });
    expect((await ask('GET', '/images')).body).toMatchObject({ images: [{ id: 'i1', name: 'disk', links: [{ rel: 'self' }, { rel: 'bookmark' }, { rel: 'alternate' }] }] });
    world().peers.images.set('i2', { id: 'i2', name: 'made', status: 'active', image_type: 'snapshot', instance_uuid: 's1', created_at: '', updated_at: '', tags: [] });
    for (const query of ['type=snapshot', 'server=s1', `server=${encodeURIComponent('http://cloud:8774/v2.1/servers/s1')}`]) {
      expect((await ask('GET', `/images?${query}`)).body).toMatchObject({ images: [{ id: 'i2' }] });
    }
    world().peers.images.delete('i2');
    expect((await ask('GET', '/images/detail')).body).toMatchObject({ images: [{ status: 'ACTIVE', progress: 100, minRam: 64, metadata: { colour: 'red' }, 'OS-EXT-IMG-SIZE:size': 10 }] });
    expect((await ask('PUT', '/images/i1/metadata', { metadata: { shape: 'round', size_hint: 'big' } })).body).toEqual({ metadata: { shape: 'round', size_hint: 'big' } });
    expect((await ask('POST', '/images/i1/metadata', { metadata: { shape: 'flat' } })).body).toEqual({ metadata: { shape: 'flat', size_hint: 'big' } });
    expect((await ask('PUT', '/images/i1/metadata/shape', { meta: { other: 'x' } })).status).toBe(400);
    expect((await ask('PUT', '/images/i1/metadata/shape', { meta: { shape: 'x' } })).body).toEqual({ meta: { shape: 'x' } });
    expect((await ask('DELETE', '/images/i1/metadata/shape')).status).toBe(204);
    expect((await ask('GET', '/images/i1/metadata/shape')).status).toBe(404);
    expect((await ask('GET', '/images/i1/metadata')).body).toEqual({ metadata: { size_hint: 'big' } });
    expect((await ask('GET', '/images/none/metadata')).status).toBe(404);
    expect((await ask('DELETE', '/images/i1')).status).toBe(204);
    expect((await ask('GET', '/images/i1')).status).toBe(404);
    expect((await ask('GET', '/images', undefined, { version: '2.36' })).status).toBe(404);
  });
});
