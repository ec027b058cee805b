import 'reflect-metadata';
import { caller, useIdentity, type TestCaller } from '../testing/index.js';

describe('unified limits', () => {
  const world = useIdentity();
  let admin: TestCaller;
  let serviceId = '';
  beforeEach(async () => {
    admin = caller(world, await world.admin());
    serviceId = (await admin.get('/services?type=compute', 200)).services[0].id;
  });

  it('begins with the limits of a new cloud', async () => {
    const { registered_limits: limits } = await admin.get(`/registered_limits?service_id=${serviceId}`, 200);
    expect(Object.fromEntries(limits.map((one: { resource_name: string; default_limit: number }) => [one.resource_name, one.default_limit]))).toMatchObject({ instances: 10, cores: 20, ram: 51200 });
  });

  it('registers, changes and deletes limits, all or none', async () => {
    const one = { service_id: serviceId, resource_name: 'gpus', default_limit: 2 };
    const { registered_limits: [gpus] } = await admin.post('/registered_limits', 201, { registered_limits: [{ ...one, description: 'd' }] });
    expect(gpus).toMatchObject({ ...one, region_id: null, description: 'd' });
    await admin.post('/registered_limits', 409, { registered_limits: [{ ...one, resource_name: 'fpgas' }, one] });
    expect((await admin.get('/registered_limits?resource_name=fpgas', 200)).registered_limits).toEqual([]);
    await admin.post('/registered_limits', 201, { registered_limits: [{ ...one, region_id: 'RegionOne' }] });
    await admin.patch(`/registered_limits/${gpus.id}`, 409, { registered_limit: { region_id: 'RegionOne' } });
    await admin.post('/registered_limits', 400, { registered_limits: [{ ...one, region_id: 'nowhere' }] });
    await admin.post('/registered_limits', 400, { registered_limits: [{ ...one, service_id: 'nothing' }] });
    await admin.post('/registered_limits', 400, { registered_limits: [{ ...one, default_limit: 'two' }] });
    await admin.post('/registered_limits', 400, { registered_limits: [] });
    expect((await admin.patch(`/registered_limits/${gpus.id}`, 200, { registered_limit: { default_limit: 3 } })).registered_limit).toMatchObject({ default_limit: 3, description: 'd' });
    await admin.delete(`/registered_limits/${gpus.id}`, 204);
    await admin.get(`/registered_limits/${gpus.id}`, 404);
  });

  it('gives projects and domains limits of their own, which hold the registered one in place', async () => {
    const { projectId } = await world.person('lim', 'lim-project', ['member']);
    const one = { service_id: serviceId, resource_name: 'cores', resource_limit: 5 };
    const { limits: [own] } = await admin.post('/limits', 201, { limits: [{ ...one, project_id: projectId }] });
    expect(own).toMatchObject({ ...one, project_id: projectId, domain_id: null, region_id: null });
    const { limits: [ofDomain] } = await admin.post('/limits', 201, { limits: [{ ...one, domain_id: 'default' }] });
    expect(ofDomain).toMatchObject({ project_id: null, domain_id: 'default' });
    await admin.post('/limits', 409, { limits: [{ ...one, project_id: projectId }] });
    await admin.post('/limits', 403, { limits: [{ ...one, resource_name: 'unheard', project_id: projectId }] });
    await admin.post('/limits', 400, { limits: [one] });
    await admin.post('/limits', 400, { limits: [{ ...one, project_id: projectId, domain_id: 'default' }] });
    await admin.post('/limits', 400, { limits: [{ ...one, project_id: 'nothing' }] });
    expect((await admin.patch(`/limits/${own.id}`, 200, { limit: { resource_limit: 6, description: 'more' } })).limit).toMatchObject({ resource_limit: 6, description: 'more' });
    expect((await admin.patch(`/limits/${own.id}`, 200, { limit: { resource_limit: 7 } })).limit).toMatchObject({ resource_limit: 7, description: 'more' });
    const registered = (await admin.get('/registered_limits?resource_name=cores', 200)).registered_limits[0];
    await admin.delete(`/registered_limits/${registered.id}`, 403);
    await admin.patch(`/registered_limits/${registered.id}`, 403, { registered_limit: { resource_name: 'other' } });
    await admin.delete(`/services/${serviceId}`, 403);
    await admin.patch(`/registered_limits/${registered.id}`, 200, { registered_limit: { default_limit: 30 } });
    await admin.delete(`/limits/${own.id}`, 204);
    await admin.delete(`/limits/${own.id}`, 404);
  });

  it("shows a project's users only their own limits", async () => {
    const lou = await world.person('lou', 'lou-project', ['member']);
    const pat = await world.person('pat', 'pat-project', ['member']);
    const make = async (projectId: string) => (await admin.post('/limits', 201, { limits: [{ service_id: serviceId, resource_name: 'ram', resource_limit: 1, project_id: projectId }] })).limits[0];
    const [lous, pats] = [await make(lou.projectId), await make(pat.projectId)];
    const user = caller(world, lou.token);
    expect((await user.get('/limits', 200)).limits).toMatchObject([{ id: lous.id }]);
    await user.get(`/limits/${lous.id}`, 200);
    await user.get(`/limits/${pats.id}`, 403);
    expect((await admin.get(`/limits?project_id=${pat.projectId}`, 200)).limits).toMatchObject([{ id: pats.id }]);
    expect((await user.get('/limits/model', 200)).model.name).toBe('flat');
    expect((await user.get('/registered_limits', 200)).registered_limits.length).toBeGreaterThan(5);
    await user.post('/limits', 403, { limits: [{ service_id: serviceId, resource_name: 'ram', resource_limit: 99, project_id: lou.projectId }] });
    await user.patch(`/limits/${lous.id}`, 403, { limit: { resource_limit: 99 } });
    await user.delete(`/limits/${lous.id}`, 403);
  });
});
