import { countStatements } from '@virga/persistence';
import { hours, minutes } from '@virga/kernel';
import { demoProject, type ApiAnswer } from '@virga/testing';
import { inVersion, useSharedComputeWorld } from '../testing/index.js';

type Json = Record<string, unknown>;

describe('hosts for operators', () => {
  const world = useSharedComputeWorld();
  let server: string;

  beforeAll(async () => {
    for (const host of [world().cloud.host('node-1'), world().cloud.addHost('node-2', 'east')]) {
      host.resources = { vcpus: 64, memoryMebibytes: 262_144, diskGibibytes: 2_000, traits: ['COMPUTE_NODE'] };
      host.announce();
    }
    await world().settled();
    server = await world().activeServer({ availability_zone: 'nova' });
  });

  const ask = async (method: string, path: string, version = '2.93', body?: unknown): Promise<ApiAnswer> =>
    world().request({ as: 'admin', method, url: `/v2.1${path}`, headers: inVersion(version), ...(body !== undefined && { body }) });
  const list = async (path: string, name: string, version = '2.93'): Promise<Json[]> => ((await ask('GET', path, version)).body as Record<string, Json[]>)[name] as Json[];
  const services = (version = '2.93'): Promise<Json[]> => list('/os-services', 'services', version);

  it('are hypervisors, in the shape of each version', async () => {
    const [first] = await list('/os-hypervisors/detail', 'hypervisors', '2.87');
    expect(first).toMatchObject({
      hypervisor_hostname: 'node-1.example', state: 'up', status: 'enabled', hypervisor_type: 'QEMU', vcpus: 64, vcpus_used: 1, memory_mb: 262_144,
      memory_mb_used: 1024, local_gb: 2000, running_vms: 1, cpu_info: { model: 'simulated' }, service: { host: 'node-1', disabled_reason: null },
    });
    const [newest] = await list('/os-hypervisors/detail', 'hypervisors');
    expect(newest).not.toHaveProperty('vcpus');
    expect(newest).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, uptime: null });
    expect((await list('/os-hypervisors/detail', 'hypervisors', '2.27'))[0]).toMatchObject({ id: 1, cpu_info: '{"model":"simulated"}' });
    expect((await ask('GET', `/os-hypervisors/${String(newest?.['id'])}?with_servers=true`)).body).toMatchObject({ hypervisor: { servers: [{ uuid: server }] } });
    expect((await ask('GET', '/os-hypervisors/1')).status).toBe(400);
    expect((await ask('GET', '/os-hypervisors/1', '2.52')).status).toBe(200);
    expect((await ask('GET', '/os-hypervisors/77', '2.52')).status).toBe(404);
    expect((await ask('GET', '/os-hypervisors/statistics', '2.87')).body).toMatchObject({ hypervisor_statistics: { count: 2, vcpus: 128, vcpus_used: 1, running_vms: 1 } });
    expect((await ask('GET', '/os-hypervisors/statistics')).status).toBe(404);
  });

  it('tell how long they have been up, where the host reports it', async () => {
    const uptime = async (): Promise<unknown> => ((await ask('GET', '/os-hypervisors/1/uptime', '2.52')).body as { hypervisor: Json }).hypervisor['uptime'];
    expect(await uptime()).toBeNull();
    await world().database.sql`UPDATE host SET resources = resources || ${'{"uptimeSeconds": 95700, "loadAverages": [0.5, 0.25, 0]}'}::jsonb WHERE number = 1`;
    expect(await uptime()).toMatch(/^ \d\d:\d\d:\d\d up 1 day, 2:35, {2}load average: 0\.50, 0\.25, 0\.00$/);
  });

  it('are found by part of their names and listed in pages', async () => {
    expect((await ask('GET', '/os-hypervisors/node-2/search', '2.52')).body).toMatchObject({ hypervisors: [{ hypervisor_hostname: 'node-2.example' }] });
    expect((await ask('GET', '/os-hypervisors/nothing/search', '2.52')).status).toBe(404);
    expect((await ask('GET', '/os-hypervisors/node-1/servers', '2.52')).body).toMatchObject({ hypervisors: [{ servers: [{ uuid: server }] }] });
    expect((await ask('GET', '/os-hypervisors?hypervisor_hostname_pattern=node-2')).body).toMatchObject({ hypervisors: [{ hypervisor_hostname: 'node-2.example' }] });
    const first = (await ask('GET', '/os-hypervisors?limit=1')).body as { hypervisors: Json[]; hypervisors_links: { href: string }[] };
    expect(first.hypervisors).toHaveLength(1);
    const next = new URL(first.hypervisors_links[0]?.href as string);
    expect((await ask('GET', (next.pathname + next.search).replace('/v2.1', ''))).body).toMatchObject({ hypervisors: [{ hypervisor_hostname: 'node-2.example' }] });
    expect((await ask('GET', '/os-hypervisors?marker=x')).status).toBe(400);
    expect((await countStatements(world().database, () => ask('GET', '/os-hypervisors/detail'))).count).toBe(1);
  });

  it('run services that are taken out of service and said to be down', async () => {
    const [first] = await services();
    expect(first).toMatchObject({ binary: 'nova-compute', host: 'node-1', zone: 'nova', status: 'enabled', state: 'up', forced_down: false });
    const path = `/os-services/${String(first?.['id'])}`;
    expect((await ask('PUT', path, '2.93', { status: 'disabled', disabled_reason: 'repair' })).body).toMatchObject({ service: { status: 'disabled', disabled_reason: 'repair' } });
    expect((await ask('PUT', path, '2.93', { disabled_reason: 'repair' })).status).toBe(400);
    expect((await ask('PUT', path, '2.93', {})).status).toBe(400);
    expect((await ask('PUT', path, '2.93', { forced_down: true })).body).toMatchObject({ service: { state: 'down', forced_down: true, status: 'disabled', disabled_reason: 'repair' } });
    const old = { host: 'node-1', binary: 'nova-compute' };
    expect((await ask('PUT', '/os-services/enable', '2.1', old)).body).toEqual({ service: { ...old, status: 'enabled' } });
    expect((await ask('PUT', '/os-services/disable-log-reason', '2.1', { ...old, disabled_reason: 'x' })).body).toEqual({ service: { ...old, status: 'disabled', disabled_reason: 'x' } });
    expect((await ask('PUT', '/os-services/force-down', '2.11', { ...old, forced_down: false })).body).toEqual({ service: { ...old, forced_down: false } });
    expect((await ask('PUT', '/os-services/explode', '2.1', old)).status).toBe(404);
    expect((await ask('PUT', '/os-services/enable', '2.1', { ...old, binary: 'nova-api' })).status).toBe(400);
    expect((await ask('PUT', '/os-services/enable', '2.1', { ...old, host: 'nowhere' })).status).toBe(404);
    await ask('PUT', '/os-services/enable', '2.1', old);
    expect(await services('2.1')).toMatchObject([{ id: 1, status: 'enabled', state: 'up', disabled_reason: null }, { id: expect.any(Number) as number }]);
    expect((await services('2.1'))[0]).not.toHaveProperty('forced_down');
    expect(await list('/os-services?host=node-2', 'services')).toMatchObject([{ host: 'node-2' }]);
    expect(await list('/os-services?binary=nova-conductor', 'services')).toEqual([]);
    expect((await ask('DELETE', path)).status).toBe(409);
  });

  it('are down once they are silent', async () => {
    world().clock.advance(minutes(2));
    expect((await services()).map(({ state }) => state)).toEqual(['down', 'down']);
    await world().pass(minutes(0));
    expect((await services()).map(({ state }) => state)).toEqual(['up', 'up']);
  });

  it('make up zones', async () => {
    expect((await ask('GET', '/os-availability-zone')).body).toEqual({
      availabilityZoneInfo: ['east', 'nova'].map((zoneName) => ({ zoneName, zoneState: { available: true }, hosts: null })),
    });
    expect((await ask('GET', '/os-availability-zone/detail')).body).toMatchObject({
      availabilityZoneInfo: [{ hosts: { 'node-2': { 'nova-compute': { active: true, available: true } } } }, { zoneName: 'nova' }],
    });
  });

  it('are seen by the API of old as hosts', async () => {
    expect((await ask('GET', '/os-hosts?zone=east', '2.42')).body).toEqual({ hosts: [{ host_name: 'node-2', service: 'compute', zone: 'east' }] });
    expect((await ask('GET', '/os-hosts/node-1', '2.42')).body).toMatchObject({
      host: [{ resource: { project: '(total)', cpu: 64 } }, { resource: { project: '(used_now)', cpu: 1 } }, { resource: { project: '(used_max)', memory_mb: 512 } }, { resource: { project: demoProject, disk_gb: 1 } }],
    });
    expect((await ask('PUT', '/os-hosts/node-2', '2.42', { status: 'Disable' })).body).toEqual({ host: 'node-2', status: 'disabled' });
    expect((await ask('PUT', '/os-hosts/node-2', '2.42', { status: 'enable' })).body).toEqual({ host: 'node-2', status: 'enabled' });
    expect((await ask('GET', '/os-hosts/nowhere', '2.42')).status).toBe(404);
    expect((await ask('GET', '/os-hosts', '2.43')).status).toBe(404);
  });

  it('are grouped into aggregates, which may be zones and never move servers', async () => {
    const made = ((await ask('POST', '/os-aggregates', '2.93', { aggregate: { name: 'fast', availability_zone: 'north' } })).body as { aggregate: Json }).aggregate;
    expect(made).toMatchObject({ name: 'fast', availability_zone: 'north', deleted: false, updated_at: null, uuid: expect.any(String) as string });
    expect(made).not.toHaveProperty('hosts');
    const path = `/os-aggregates/${String(made['id'])}`;
    const act = (action: string, body: object) => ask('POST', `${path}/action`, '2.93', { [action]: body });
    expect((await ask('POST', '/os-aggregates', '2.93', { aggregate: { name: 'fast' } })).status).toBe(409);
    expect((await act('add_host', { host: 'nowhere' })).status).toBe(404);
    expect((await act('add_host', { host: 'node-2' })).body).toMatchObject({ aggregate: { hosts: ['node-2'], metadata: { availability_zone: 'north' } } });
    expect((await act('add_host', { host: 'node-2' })).status).toBe(409);
    expect(await world().database.sql`SELECT aggregate_uuid FROM provider_aggregate`).toEqual([{ aggregate_uuid: made['uuid'] }]);
    expect((await services()).find(({ host }) => host === 'node-2')).toMatchObject({ zone: 'north' });
    expect((await ask('GET', path, '2.40')).body).not.toHaveProperty('aggregate.uuid');
    const other = ((await ask('POST', '/os-aggregates', '2.93', { aggregate: { name: 'other', availability_zone: 'south' } })).body as { aggregate: Json }).aggregate;
    expect((await ask('POST', `/os-aggregates/${String(other['id'])}/action`, '2.93', { add_host: { host: 'node-2' } })).status).toBe(409);
    expect((await act('set_metadata', { metadata: { colour: 'red', availability_zone: null } })).body).toMatchObject({ aggregate: { availability_zone: null, metadata: { colour: 'red' } } });
    expect((await act('add_host', { host: 'node-1' })).status).toBe(200);
    expect((await ask('PUT', path, '2.93', { aggregate: { availability_zone: 'west' } })).status).toBe(400);
    expect((await ask('PUT', path, '2.93', { aggregate: { name: 'slow' } })).body).toMatchObject({ aggregate: { name: 'slow' } });
    expect((await ask('DELETE', path)).status).toBe(400);
    for (const host of ['node-1', 'node-2']) expect((await act('remove_host', { host })).status).toBe(200);
    expect((await act('remove_host', { host: 'node-1' })).status).toBe(404);
    expect((await ask('DELETE', path)).status).toBe(200);
    expect((await ask('GET', path)).status).toBe(404);
    expect((await ask('GET', '/os-aggregates/x')).status).toBe(400);
    expect((await ask('GET', '/os-aggregates/-1')).status).toBe(404);
    expect((await countStatements(world().database, () => ask('GET', '/os-aggregates'))).count).toBe(1);
  });

  it('are used by projects', async () => {
    await world().database.sql`UPDATE server SET launched_at = ${new Date(world().clock.now() - hours(2))} WHERE id = ${server}`;
    const at = (offset: number) => new Date(world().clock.now() + offset).toISOString().slice(0, 19);
    const period = `start=${at(-hours(1))}&end=${at(hours(1))}`;
    expect((await ask('GET', `/os-simple-tenant-usage/${demoProject}?${period}`)).body).toMatchObject({
      tenant_usage: { tenant_id: demoProject, total_hours: 1, total_vcpus_usage: 1, total_memory_mb_usage: 512, server_usages: [{ instance_id: server, hours: 1, uptime: 7200, state: 'active' }] },
    });
    expect((await ask('GET', `/os-simple-tenant-usage?${period}`)).body).toMatchObject({ tenant_usages: [{ tenant_id: demoProject, total_local_gb_usage: 1 }] });
    expect((await ask('GET', `/os-simple-tenant-usage?${period}`)).body).not.toHaveProperty('tenant_usages.0.server_usages');
    expect((await ask('GET', '/os-simple-tenant-usage/unused')).body).toEqual({ tenant_usage: {} });
    expect((await ask('GET', `/os-simple-tenant-usage?start=${at(0)}&end=${at(-hours(1))}`)).status).toBe(400);
    expect((await ask('GET', '/os-simple-tenant-usage?start=yesterday')).status).toBe(400);
  });

  it('that are gone for good are forgotten, with what deleted servers still hold there', async () => {
    const second = (await services()).find(({ host }) => host === 'node-2');
    const lost = await world().activeServer({ availability_zone: 'east' });
    world().cloud.host('node-2').isGone = true;
    expect((await ask('DELETE', `/os-services/${String(second?.['id'])}`)).status).toBe(409);
    expect((await ask('DELETE', `/servers/${lost}`)).status).toBe(204);
    // The deletion's deadline, and the grace in which what is there is torn down.
    await world().pass(minutes(2));
    await world().pass(minutes(2));
    expect(await world().database.sql`SELECT FROM allocation WHERE consumer_uuid = ${lost}`).not.toEqual([]);
    expect((await ask('DELETE', `/os-services/${String(second?.['id'])}`)).status).toBe(204);
    expect((await services()).map(({ host }) => host)).toEqual(['node-1']);
    expect(await world().database.sql`SELECT FROM allocation WHERE consumer_uuid = ${lost}`).toEqual([]);
    expect((await ask('DELETE', `/os-services/${String(second?.['id'])}`)).status).toBe(404);
  });
});
