import { randomUUID } from 'node:crypto';
import { HttpServers } from '@virga/http';
import { countStatements } from '@virga/persistence';
import { apiClient, demoProject, type ApiAnswer } from '@virga/testing';
import { useSharedComputeWorld } from '../../testing/index.js';

type Json = Record<string, unknown>;

describe('the placement API', () => {
  const world = useSharedComputeWorld();
  const request = apiClient(() => world().running.app.get(HttpServers).server('placement'));

  const ask = (method: string, url: string, body?: unknown, version = '1.39', as = 'admin'): Promise<ApiAnswer> =>
    request({ as, method, url, headers: { 'openstack-api-version': `placement ${version}` }, ...(body !== undefined && { body }) });
  const code = ({ body }: ApiAnswer): unknown => (body as { errors: { code: string }[] }).errors[0]?.code;
  const create = async (name: string, more: Json = {}): Promise<string> => ((await ask('POST', '/resource_providers', { name, ...more })).body as { uuid: string }).uuid;
  const generation = async (uuid: string): Promise<number> => ((await ask('GET', `/resource_providers/${uuid}`)).body as { generation: number }).generation;
  const stock = async (uuid: string, inventories: Json): Promise<ApiAnswer> =>
    ask('PUT', `/resource_providers/${uuid}/inventories`, { resource_provider_generation: await generation(uuid), inventories });
  const allocate = (consumer: string, provider: string, resources: Json, consumerGeneration: number | null = null): Promise<ApiAnswer> => ask('PUT', `/allocations/${consumer}`, {
    allocations: { [provider]: { resources } }, project_id: demoProject, user_id: 'u', consumer_generation: consumerGeneration, consumer_type: 'INSTANCE',
  });

  it('says which versions it speaks, to everyone', async () => {
    expect((await request({ method: 'GET', url: '/' })).body).toMatchObject({ versions: [{ id: 'v1.0', min_version: '1.0', max_version: '1.39', status: 'CURRENT' }] });
    expect((await ask('GET', '/resource_providers', undefined, '1.40')).status).toBe(406);
  });

  it('shows the host that serves compute as a provider with inventory and traits', async () => {
    const { resource_providers: [host] } = (await ask('GET', '/resource_providers?name=node-1.example')).body as { resource_providers: Json[] };
    expect(host).toMatchObject({ name: 'node-1.example', parent_provider_uuid: null, root_provider_uuid: host?.['uuid'] });
    expect((await ask('GET', `/resource_providers/${String(host?.['uuid'])}/inventories/VCPU`)).body).toMatchObject({ total: world().cloud.host('node-1').resources.vcpus, allocation_ratio: 4 });
    expect((await ask('GET', `/resource_providers/${String(host?.['uuid'])}/traits`)).body).toMatchObject({ traits: ['COMPUTE_NODE'] });
  });

  it('counts what servers use', async () => {
    await world().activeServer();
    expect((await ask('GET', `/usages?project_id=${demoProject}`)).body).toEqual({ usages: { INSTANCE: { consumer_count: 1, VCPU: 1, MEMORY_MB: 512, DISK_GB: 1 } } });
    expect((await ask('GET', `/usages?project_id=${demoProject}`, undefined, '1.37', 'reader')).body).toEqual({ usages: { VCPU: 1, MEMORY_MB: 512, DISK_GB: 1 } });
    expect((await ask('GET', `/usages?project_id=${demoProject}&consumer_type=all`)).body).toMatchObject({ usages: { all: { consumer_count: 1 } } });
  });

  it('makes providers, in trees, with each version\'s answer', async () => {
    const made = await ask('POST', '/resource_providers', { name: 'tree' });
    expect(made).toMatchObject({ status: 200, body: { name: 'tree', generation: 0, parent_provider_uuid: null } });
    const { uuid: root } = made.body as { uuid: string };
    expect(made.headers['location']).toContain(`/resource_providers/${root}`);
    expect(await ask('POST', '/resource_providers', { name: 'old' }, '1.19')).toMatchObject({ status: 201, body: undefined });
    const again = await ask('POST', '/resource_providers', { name: 'tree' });
    expect([again.status, code(again)]).toEqual([409, 'placement.duplicate_name']);
    const child = await create('tree child', { parent_provider_uuid: root });
    const below = await create('tree grandchild', { parent_provider_uuid: child });
    const inTree = (await ask('GET', `/resource_providers?in_tree=${below}`)).body as { resource_providers: { uuid: string; root_provider_uuid: string }[] };
    expect(inTree.resource_providers.map(({ uuid }) => uuid).sort()).toEqual([root, child, below].sort());
    expect(new Set(inTree.resource_providers.map(({ root_provider_uuid: id }) => id))).toEqual(new Set([root]));
    expect(code(await ask('DELETE', `/resource_providers/${root}`))).toBe('placement.resource_provider.cannot_delete_parent');
    const rename = (uuid: string, name: string, parent: string | null, version: string) => ask('PUT', `/resource_providers/${uuid}`, { name, parent_provider_uuid: parent }, version);
    expect((await rename(child, 'tree child', below, '1.39')).status).toBe(400);
    expect((await rename(child, 'tree child', null, '1.36')).status).toBe(400);
    expect((await rename(child, 'tree child', null, '1.37')).body).toMatchObject({ parent_provider_uuid: null, root_provider_uuid: child });
    expect((await ask('GET', `/resource_providers/${below}`)).body).toMatchObject({ root_provider_uuid: child });
    expect((await rename(child, 'tree', null, '1.39')).status).toBe(409);
    expect((await ask('DELETE', `/resource_providers/${root}`)).status).toBe(204);
    expect((await ask('GET', `/resource_providers/${root}`)).status).toBe(404);
    expect((await create('orphan', { parent_provider_uuid: randomUUID() }))).toBeUndefined();
  });

  it('shows links and headers of each version', async () => {
    const uuid = await create('links');
    const links = async (version: string): Promise<string[]> => ((await ask('GET', `/resource_providers/${uuid}`, undefined, version)).body as { links: { rel: string }[] }).links.map(({ rel }) => rel);
    expect(await links('1.0')).toEqual(['self', 'inventories', 'usages']);
    expect(await links('1.11')).toEqual(['self', 'inventories', 'usages', 'aggregates', 'traits', 'allocations']);
    expect((await ask('GET', `/resource_providers/${uuid}`, undefined, '1.14')).headers).not.toHaveProperty('last-modified');
    expect((await ask('GET', `/resource_providers/${uuid}`, undefined, '1.15')).headers).toMatchObject({ 'cache-control': 'no-cache', 'last-modified': expect.stringContaining('GMT') as string });
  });

  it('keeps inventories by generation', async () => {
    const uuid = await create('stock');
    const path = `/resource_providers/${uuid}/inventories`;
    expect(await ask('POST', path, { resource_class: 'VCPU', total: 8 })).toMatchObject({ status: 201, body: { total: 8, reserved: 0, max_unit: 2_147_483_647, resource_provider_generation: 1 } });
    expect((await ask('POST', path, { resource_class: 'VCPU', total: 8 })).status).toBe(409);
    expect((await ask('POST', path, { resource_class: 'CUSTOM_NONE', total: 8 })).status).toBe(400);
    const stale = await ask('PUT', path, { resource_provider_generation: 0, inventories: {} });
    expect([stale.status, code(stale)]).toEqual([409, 'placement.concurrent_update']);
    expect((await stock(uuid, { VCPU: { total: 4 }, MEMORY_MB: { total: 1024, reserved: 24 } })).body).toMatchObject({ inventories: { VCPU: { total: 4 }, MEMORY_MB: { reserved: 24 } }, resource_provider_generation: 2 });
    expect((await ask('PUT', `${path}/VCPU`, { resource_provider_generation: 2, total: 4, reserved: 4 }, '1.25')).status).toBe(400);
    expect((await ask('PUT', `${path}/VCPU`, { resource_provider_generation: 2, total: 4, reserved: 4 })).status).toBe(200);
    expect((await ask('PUT', `${path}/DISK_GB`, { resource_provider_generation: 3, total: 4 })).status).toBe(400);
    expect((await ask('DELETE', `${path}/MEMORY_MB`)).status).toBe(204);
    expect((await ask('GET', `${path}/MEMORY_MB`)).status).toBe(404);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect((await ask('GET', path)).body).toEqual({ inventories: {}, resource_provider_generation: 5 });
  });

  it('allocates under generations, never more than there is', async () => {
    const uuid = await create('full');
    await stock(uuid, { VCPU: { total: 4, max_unit: 3 }, MEMORY_MB: { total: 1000, step_size: 10 } });
    const consumer = randomUUID();
    expect((await allocate(consumer, uuid, { VCPU: 2, MEMORY_MB: 500 })).status).toBe(204);
    const stale = await allocate(consumer, uuid, { VCPU: 1 });
    expect([stale.status, code(stale)]).toEqual([409, 'placement.concurrent_update']);
    expect((await ask('GET', `/allocations/${consumer}`)).body).toMatchObject({
      allocations: { [uuid]: { resources: { VCPU: 2, MEMORY_MB: 500 } } }, project_id: demoProject, user_id: 'u', consumer_generation: 1, consumer_type: 'INSTANCE',
    });
    expect((await ask('GET', `/allocations/${consumer}`, undefined, '1.11')).body).not.toHaveProperty('project_id');
    for (const resources of [{ VCPU: 3 }, { MEMORY_MB: 505 }, { DISK_GB: 1 }, { VCPU: 4 }]) expect((await allocate(randomUUID(), uuid, resources)).status).toBe(409);
    expect((await allocate(randomUUID(), uuid, { CUSTOM_NONE: 1 })).status).toBe(400);
    expect((await allocate(randomUUID(), randomUUID(), { VCPU: 1 })).status).toBe(400);
    expect((await allocate(consumer, uuid, { VCPU: 3 }, 1)).status).toBe(204);
    expect((await ask('GET', `/resource_providers/${uuid}/usages`)).body).toMatchObject({ usages: { VCPU: 3, MEMORY_MB: 0 } });
    expect((await ask('GET', `/resource_providers/${uuid}/allocations`)).body).toMatchObject({ allocations: { [consumer]: { resources: { VCPU: 3 }, consumer_generation: 2 } } });
    expect(code(await ask('PUT', `/resource_providers/${uuid}/inventories`, { resource_provider_generation: await generation(uuid), inventories: {} }))).toBe('placement.inventory.inuse');
    expect(code(await ask('DELETE', `/resource_providers/${uuid}`))).toBe('placement.resource_provider.inuse');
    expect((await ask('DELETE', `/allocations/${consumer}`)).status).toBe(204);
    expect((await ask('DELETE', `/allocations/${consumer}`)).status).toBe(404);
    expect((await ask('DELETE', `/resource_providers/${uuid}`)).status).toBe(204);
  });

  it('speaks the older forms of allocations', async () => {
    const uuid = await create('older');
    await stock(uuid, { VCPU: { total: 4 } });
    const consumer = randomUUID();
    const list = { allocations: [{ resource_provider: { uuid }, resources: { VCPU: 1 } }] };
    expect((await ask('PUT', `/allocations/${consumer}`, list, '1.7')).status).toBe(204);
    expect((await ask('PUT', `/allocations/${consumer}`, list, '1.8')).status).toBe(400);
    expect((await ask('PUT', `/allocations/${consumer}`, { ...list, project_id: 'p', user_id: 'u' }, '1.8')).status).toBe(204);
    const object = { allocations: { [uuid]: { resources: { VCPU: 2 } } }, project_id: 'p', user_id: 'u' };
    expect((await ask('PUT', `/allocations/${consumer}`, object, '1.12')).status).toBe(204);
    expect((await ask('PUT', `/allocations/${consumer}`, { ...object, allocations: {} }, '1.27')).status).toBe(400);
    expect((await ask('GET', `/allocations/${consumer}`)).body).toMatchObject({ consumer_type: 'unknown', consumer_generation: 3 });
    expect((await ask('PUT', `/allocations/${consumer}`, { ...object, allocations: {}, consumer_generation: 3 }, '1.28')).status).toBe(204);
    expect((await ask('GET', `/allocations/${consumer}`)).body).toEqual({ allocations: {} });
  });

  it('moves allocations between consumers all or none', async () => {
    const uuid = await create('swap');
    await stock(uuid, { VCPU: { total: 2 } });
    const [from, to] = [randomUUID(), randomUUID()];
    await allocate(from, uuid, { VCPU: 2 });
    const entry = (resources: Json | undefined, consumerGeneration: number | null) => ({
      allocations: resources === undefined ? {} : { [uuid]: { resources } }, project_id: 'p', user_id: 'u', consumer_generation: consumerGeneration, consumer_type: 'MIGRATION',
    });
    expect((await ask('POST', '/allocations', { [to]: entry({ VCPU: 3 }, null), [from]: entry(undefined, 1) })).status).toBe(409);
    expect((await ask('GET', `/allocations/${from}`)).body).toMatchObject({ allocations: { [uuid]: { resources: { VCPU: 2 } } } });
    expect((await ask('POST', '/allocations', { [to]: entry({ VCPU: 2 }, null), [from]: entry(undefined, 1) })).status).toBe(204);
    expect((await ask('GET', `/allocations/${from}`)).body).toEqual({ allocations: {} });
    expect((await ask('GET', `/allocations/${to}`)).body).toMatchObject({ consumer_type: 'MIGRATION' });
  });

  it('never gives anything away twice, however many ask at once', async () => {
    const uuid = await create('race');
    await stock(uuid, { VCPU: { total: 5 } });
    const answers = await Promise.all(Array.from({ length: 12 }, () => allocate(randomUUID(), uuid, { VCPU: 1 })));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(5).fill(204), ...Array<number>(7).fill(409)]);
    expect((await ask('GET', `/resource_providers/${uuid}/usages`)).body).toMatchObject({ usages: { VCPU: 5 } });
  });

  it('knows standard traits and makes custom ones', async () => {
    expect((await ask('PUT', '/traits/CUSTOM_FAST')).status).toBe(201);
    expect((await ask('PUT', '/traits/CUSTOM_FAST')).status).toBe(204);
    expect((await ask('PUT', '/traits/FAST')).status).toBe(400);
    expect((await ask('GET', '/traits/HW_CPU_X86_VMX')).status).toBe(204);
    expect((await ask('GET', '/traits/CUSTOM_NONE')).status).toBe(404);
    expect((await ask('DELETE', '/traits/HW_CPU_X86_VMX')).status).toBe(400);
    const uuid = await create('traited');
    const set = async (traits: string[]) => ask('PUT', `/resource_providers/${uuid}/traits`, { traits, resource_provider_generation: await generation(uuid) });
    expect((await set(['CUSTOM_FAST', 'HW_CPU_X86_VMX'])).body).toEqual({ traits: ['CUSTOM_FAST', 'HW_CPU_X86_VMX'], resource_provider_generation: 1 });
    expect((await set(['CUSTOM_NONE'])).status).toBe(400);
    expect((await ask('PUT', `/resource_providers/${uuid}/traits`, { traits: [], resource_provider_generation: 0 })).status).toBe(409);
    expect((await ask('GET', '/traits?name=startswith:CUSTOM_&associated=true')).body).toEqual({ traits: ['CUSTOM_FAST'] });
    expect((await ask('GET', '/traits?name=CUSTOM')).status).toBe(400);
    expect((await ask('DELETE', '/traits/CUSTOM_FAST')).status).toBe(409);
    expect((await ask('DELETE', `/resource_providers/${uuid}/traits`)).status).toBe(204);
    expect((await ask('DELETE', '/traits/CUSTOM_FAST')).status).toBe(204);
  });

  it('knows standard resource classes and makes custom ones', async () => {
    expect((await ask('PUT', '/resource_classes/CUSTOM_GOLD')).status).toBe(201);
    expect((await ask('PUT', '/resource_classes/CUSTOM_GOLD')).status).toBe(204);
    expect((await ask('POST', '/resource_classes', { name: 'CUSTOM_GOLD' })).status).toBe(409);
    expect((await ask('PUT', '/resource_classes/CUSTOM_GOLD', { name: 'CUSTOM_SILVER' }, '1.6')).body).toMatchObject({ name: 'CUSTOM_SILVER' });
    expect((await ask('GET', '/resource_classes')).body).toMatchObject({ resource_classes: expect.arrayContaining([expect.objectContaining({ name: 'VCPU' }), expect.objectContaining({ name: 'CUSTOM_SILVER' })]) as unknown });
    const uuid = await create('silver');
    await stock(uuid, { CUSTOM_SILVER: { total: 1 } });
    expect((await ask('DELETE', '/resource_classes/CUSTOM_SILVER')).status).toBe(409);
    await ask('DELETE', `/resource_providers/${uuid}`);
    expect((await ask('DELETE', '/resource_classes/CUSTOM_SILVER')).status).toBe(204);
    expect((await ask('DELETE', '/resource_classes/VCPU')).status).toBe(400);
    expect((await ask('GET', '/resource_classes/CUSTOM_SILVER')).status).toBe(404);
  });

  it('finds providers by what they can give, have and belong to', async () => {
    const [one, two] = [await create('find 1'), await create('find 2')];
    const aggregate = randomUUID();
    await stock(one, { PCPU: { total: 8 } });
    await stock(two, { PCPU: { total: 2 } });
    expect((await ask('PUT', `/resource_providers/${two}/aggregates`, [aggregate], '1.18')).body).toEqual({ aggregates: [aggregate] });
    expect((await ask('PUT', `/resource_providers/${two}/aggregates`, { aggregates: [aggregate], resource_provider_generation: 0 })).status).toBe(409);
    await ask('PUT', `/resource_providers/${one}/traits`, { traits: ['STORAGE_DISK_SSD'], resource_provider_generation: await generation(one) });
    const found = async (query: string, version = '1.39'): Promise<string[]> => ((await ask('GET', `/resource_providers?${query}`, undefined, version)).body as { resource_providers: { name: string }[] }).resource_providers.map(({ name }) => name);
    expect(await found('resources=PCPU:1')).toEqual(['find 1', 'find 2']);
    expect(await found('resources=PCPU:4')).toEqual(['find 1']);
    expect(await found(`member_of=${aggregate}`)).toEqual(['find 2']);
    expect(await found(`resources=PCPU:1&member_of=!${aggregate}`)).toEqual(['find 1']);
    expect(await found('resources=PCPU:1&required=STORAGE_DISK_SSD')).toEqual(['find 1']);
    expect(await found('resources=PCPU:1&required=!STORAGE_DISK_SSD')).toEqual(['find 2']);
    expect(await found('resources=PCPU:1&required=in:STORAGE_DISK_SSD,STORAGE_DISK_HDD')).toEqual(['find 1']);
    for (const query of ['resources=PCPU', 'resources=CUSTOM_X:1', 'required=CUSTOM_X', 'member_of=x', 'nothing=1']) expect((await ask('GET', `/resource_providers?${query}`)).status).toBe(400);
    expect((await ask('GET', '/resource_providers?resources=PCPU:1', undefined, '1.3')).status).toBe(400);
    expect((await countStatements(world().database, () => ask('GET', '/resource_providers?resources=PCPU:1'))).count).toBe(1);
  });

  it('reshapes: inventory moves to a child with what is allocated of it', async () => {
    const root = await create('shape');
    await stock(root, { VCPU: { total: 4 }, VGPU: { total: 2 } });
    const consumer = randomUUID();
    await allocate(consumer, root, { VCPU: 1, VGPU: 2 });
    const child = await create('shape child', { parent_provider_uuid: root });
    const body = {
      inventories: {
        [root]: { resource_provider_generation: await generation(root), inventories: { VCPU: { total: 4 } } },
        [child]: { resource_provider_generation: await generation(child), inventories: { VGPU: { total: 2 } } },
      },
      allocations: {
        [consumer]: { allocations: { [root]: { resources: { VCPU: 1 } }, [child]: { resources: { VGPU: 2 } } }, project_id: 'p', user_id: 'u', consumer_generation: 1, consumer_type: 'INSTANCE' },
      },
    };
    expect((await ask('POST', '/reshaper', body)).status).toBe(403);
    expect((await ask('POST', '/reshaper', body, '1.39', 'service')).status).toBe(204);
    expect((await ask('POST', '/reshaper', body, '1.39', 'service')).status).toBe(409);
    expect((await ask('GET', `/allocations/${consumer}`)).body).toMatchObject({ allocations: { [root]: { resources: { VCPU: 1 } }, [child]: { resources: { VGPU: 2 } } } });
    expect((await ask('GET', `/resource_providers/${root}/inventories`)).body).not.toHaveProperty('inventories.VGPU');
  });

  it('proposes candidates in the form of each version, which can be sent back as allocations', async () => {
    const uuid = await create('candidate');
    await stock(uuid, { FPGA: { total: 2 }, VCPU: { total: 4 } });
    const list = async (version: string, query = 'resources=FPGA:1') => (await ask('GET', `/allocation_candidates?${query}`, undefined, version)).body as { allocation_requests: Json[]; provider_summaries: Json };
    expect(await list('1.10')).toEqual({
      allocation_requests: [{ allocations: [{ resource_provider: { uuid }, resources: { FPGA: 1 } }] }], provider_summaries: { [uuid]: { resources: { FPGA: { capacity: 2, used: 0 } } } },
    });
    const newest = await list('1.39');
    expect(newest).toEqual({
      allocation_requests: [{ allocations: { [uuid]: { resources: { FPGA: 1 } } }, mappings: { '': [uuid] } }],
      provider_summaries: { [uuid]: { resources: { FPGA: { capacity: 2, used: 0 }, VCPU: { capacity: 4, used: 0 } }, traits: [], parent_provider_uuid: null, root_provider_uuid: uuid } },
    });
    const consumer = randomUUID();
    const { allocation_requests: [first] } = newest;
    expect((await ask('PUT', `/allocations/${consumer}`, { ...first, project_id: 'p', user_id: 'u', consumer_generation: null, consumer_type: 'INSTANCE' })).status).toBe(204);
    expect((await list('1.39', 'resources=FPGA:2')).allocation_requests).toEqual([]);
    for (const query of ['', 'required=HW_CPU_X86_VMX', 'resources1=FPGA:1&resources2=FPGA:1', 'resources=FPGA:1&limit=0', 'resources=FPGA:1&colour=red', 'resources_X!=FPGA:1']) {
      expect((await ask('GET', `/allocation_candidates?${query}`)).status).toBe(400);
    }
    expect((await ask('GET', '/allocation_candidates?resources1=FPGA:1', undefined, '1.24')).status).toBe(400);
    expect((await countStatements(world().database, () => list('1.39'))).count).toBe(1);
  });
});
