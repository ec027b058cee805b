import 'reflect-metadata';
import { caller, useIdentity, type TestCaller } from '../testing/index.js';

describe('the catalog', () => {
  const world = useIdentity();
  let admin: TestCaller;
  beforeEach(async () => {
    admin = caller(world, await world.admin());
  });

  const catalogTypes = async (token: string) => (await world.ask(token, 'GET', '/auth/catalog')).body.catalog.map(({ type }: { type: string }) => type);

  it('shows a new service and its endpoints in every token at once, and hides disabled ones', async () => {
    const { token, projectId } = await world.person('cat', 'cat-project', ['member']);
    const { service } = await admin.post('/services', 201, { service: { type: 'dns', name: 'designate', description: 'names', team: 'x' } });
    expect(service).toMatchObject({ type: 'dns', name: 'designate', description: 'names', enabled: true, team: 'x', links: { self: expect.stringMatching(`/v3/services/${service.id}$`) } });
    const { endpoint } = await admin.post('/endpoints', 201, { endpoint: { service_id: service.id, interface: 'public', url: 'http://dns.example/$(project_id)s', region: 'far' } });
    expect(endpoint).toMatchObject({ region: 'far', region_id: 'far', interface: 'public', enabled: true });
    expect((await admin.get('/regions/far', 200)).region).toMatchObject({ id: 'far', parent_region_id: null });
    const dns = async () => (await world.ask(token, 'GET', '/auth/catalog')).body.catalog.find(({ type }: { type: string }) => type === 'dns');
    expect((await dns()).endpoints).toMatchObject([{ url: `http://dns.example/${projectId}`, region: 'far' }]);
    expect((await admin.get('/auth/catalog', 200)).catalog).toHaveLength(10);
    await admin.patch(`/endpoints/${endpoint.id}`, 200, { endpoint: { enabled: false } });
    expect((await dns()).endpoints).toEqual([]);
    await admin.patch(`/services/${service.id}`, 200, { service: { enabled: false } });
    expect(await catalogTypes(token)).not.toContain('dns');
    await admin.delete(`/regions/far`, 403);
    await admin.delete(`/services/${service.id}`, 204);
    await admin.get(`/endpoints/${endpoint.id}`, 404);
    await admin.delete(`/regions/far`, 204);
    await admin.delete(`/services/${service.id}`, 404);
  });

  it('filters services and endpoints, and refuses what it cannot serve', async () => {
    const services = (await admin.get('/services?type=compute', 200)).services;
    expect(services).toMatchObject([{ name: 'nova' }]);
    expect((await admin.get(`/endpoints?service_id=${services[0].id}&interface=public`, 200)).endpoints).toMatchObject([{ url: 'http://cloud.example:8774/v2.1' }]);
    const bad = { service_id: services[0].id, interface: 'public', url: 'http://x' };
    await admin.post('/endpoints', 400, { endpoint: { ...bad, service_id: 'no-such' } });
    await admin.post('/endpoints', 400, { endpoint: { ...bad, region_id: 'no-such' } });
    await admin.post('/endpoints', 400, { endpoint: { ...bad, interface: 'secret' } });
    await admin.post('/endpoints', 400, { endpoint: { ...bad, url: '' } });
    await admin.post('/endpoints', 400, { endpoint: { ...bad, enabled: 'True' } });
    await admin.post('/services', 400, { service: { name: 'x' } });
  });

  it('keeps a tree of regions', async () => {
    const { region } = await admin.post('/regions', 201, { region: { description: 'generated id' } });
    expect(region.id).toMatch(/^[0-9a-f]{32}$/);
    await admin.put('/regions/north', 201, { region: { description: 'n' } });
    await admin.put('/regions/north', 409, { region: {} });
    await admin.put('/regions/south', 400, { region: { id: 'north' } });
    await admin.post('/regions', 201, { region: { id: 'north-east', parent_region_id: 'north' } });
    await admin.post('/regions', 404, { region: { id: 'x', parent_region_id: 'no-such' } });
    await admin.patch('/regions/north', 409, { region: { parent_region_id: 'north-east' } });
    expect((await admin.get('/regions?parent_region_id=north', 200)).regions).toMatchObject([{ id: 'north-east' }]);
    expect((await admin.patch('/regions/north-east', 200, { region: { description: 'd' } })).region).toMatchObject({ description: 'd', parent_region_id: 'north' });
    await admin.delete('/regions/north', 204);
    await admin.get('/regions/north-east', 404);
  });

  it('lets everybody read regions and only administrators the rest', async () => {
    const user = caller(world, (await world.person('rex', 'rex-project', ['member'])).token);
    await user.get('/regions', 200);
    await user.get('/services', 403);
    await user.get('/endpoints', 403);
    await user.post('/regions', 403, { region: {} });
    await user.post('/services', 403, { service: { type: 'x' } });
    await user.get('/policies', 403);
  });

  it('keeps policy documents, of text or of JSON', async () => {
    const { policy } = await admin.post('/policies', 201, { policy: { type: 'application/json', blob: { rule: 'x' }, note: 'n' } });
    expect(policy).toMatchObject({ type: 'application/json', blob: { rule: 'x' }, note: 'n' });
    expect((await admin.patch(`/policies/${policy.id}`, 200, { policy: { blob: 'text' } })).policy).toMatchObject({ type: 'application/json', blob: 'text', note: 'n' });
    expect((await admin.get('/policies?type=application/json', 200)).policies).toMatchObject([{ id: policy.id }]);
    await admin.delete(`/policies/${policy.id}`, 204);
    await admin.get(`/policies/${policy.id}`, 404);
  });
});
