import { demoProject, type ApiAnswer } from '@virga/testing';
import { inVersion, useSharedComputeWorld } from '../testing/index.js';

describe('quotas', () => {
  const world = useSharedComputeWorld();

  const ask = (method: string, path: string, { as = 'admin', version = '2.93', body }: { as?: string; version?: string; body?: unknown } = {}): Promise<ApiAnswer> =>
    world().request({ as, method, url: `/v2.1${path}`, headers: inVersion(version), ...(body !== undefined && { body }) });
  const set = `/os-quota-sets/${demoProject}`;
  const quotaSet = ({ body }: ApiAnswer): Record<string, unknown> => (body as { quota_set: Record<string, unknown> }).quota_set;

  it('are shown with the resources of each version', async () => {
    expect(quotaSet(await ask('GET', set, { as: 'alice' }))).toEqual({
      id: demoProject, instances: 10, cores: 20, ram: 51_200, metadata_items: 128, key_pairs: 100, server_groups: 10, server_group_members: 10,
    });
    expect(quotaSet(await ask('GET', set, { version: '2.56' }))).toMatchObject({ injected_files: 5, injected_file_content_bytes: 10_240, injected_file_path_bytes: 255 });
    expect(quotaSet(await ask('GET', set, { version: '2.35' }))).toMatchObject({ floating_ips: -1, fixed_ips: -1, security_groups: -1, security_group_rules: -1 });
    expect((await ask('GET', '/os-quota-sets/nowhere')).status).toBe(400);
  });

  it('of a project are changed, not below what it uses unless forced, and given back', async () => {
    await world().activeServer();
    expect(quotaSet(await ask('GET', `${set}/detail`))).toMatchObject({ instances: { in_use: 1, limit: 10, reserved: 0 }, cores: { in_use: 1 }, ram: { in_use: 512 } });
    expect(quotaSet(await ask('PUT', set, { body: { quota_set: { cores: '5', ram: -1 } } }))).toMatchObject({ cores: 5, ram: -1, instances: 10 });
    expect(quotaSet(await ask('GET', `${set}/defaults`))).toMatchObject({ cores: 20 });
    expect((await ask('PUT', set, { body: { quota_set: { instances: 0 } } })).status).toBe(400);
    expect((await ask('PUT', set, { body: { quota_set: { instances: 0, force: true } } })).status).toBe(200);
    expect((await ask('PUT', set, { body: { quota_set: { cores: -2 } } })).status).toBe(400);
    expect((await ask('PUT', set, { body: { quota_set: { floating_ips: 3 } } })).status).toBe(400);
    expect(quotaSet(await ask('PUT', set, { version: '2.35', body: { quota_set: { floating_ips: 3 } } }))).toMatchObject({ floating_ips: 3 });
    expect((await ask('DELETE', set)).status).toBe(202);
    expect(quotaSet(await ask('GET', set))).toMatchObject({ cores: 20, instances: 10 });
  });

  it('of those without their own are the class default\'s', async () => {
    const path = '/os-quota-class-sets/default';
    expect((await ask('PUT', path, { body: { quota_class_set: { cores: 7 } } })).body).toMatchObject({ quota_class_set: { cores: 7, server_groups: 10 } });
    expect((await ask('GET', path, { version: '2.49' })).body).toMatchObject({ quota_class_set: { id: 'default', cores: 7, floating_ips: -1 } });
    expect((await ask('GET', path, { version: '2.49' })).body).not.toHaveProperty('quota_class_set.server_groups');
    expect(quotaSet(await ask('GET', set))).toMatchObject({ cores: 7 });
    await ask('PUT', path, { body: { quota_class_set: { cores: 20 } } });
  });

  it('are told as limits, with what is used', async () => {
    const absolute = async (version: string): Promise<Record<string, number>> => ((await ask('GET', '/limits', { as: 'alice', version })).body as { limits: { absolute: Record<string, number> } }).limits.absolute;
    const newest = await absolute('2.93');
    expect(newest).toMatchObject({ maxTotalInstances: 10, totalInstancesUsed: 1, totalCoresUsed: 1, totalRAMUsed: 512, maxServerMeta: 128, totalServerGroupsUsed: 0 });
    expect(Object.keys(newest)).not.toContain('maxImageMeta');
    expect(await absolute('2.1')).toMatchObject({ maxImageMeta: 128, maxPersonality: 5, maxTotalFloatingIps: -1, totalSecurityGroupsUsed: 0 });
    expect((await ask('GET', `/limits?tenant_id=${demoProject}`, { as: 'bob' })).status).toBe(403);
    expect((await ask('GET', `/limits?tenant_id=${demoProject}`)).body).toMatchObject({ limits: { rate: [], absolute: { totalInstancesUsed: 1 } } });
  });
});
