import 'reflect-metadata';
import { countStatements, PostgresDatabase } from '@virga/persistence';
import { byPassword, caller, useIdentity, type TestCaller } from '../testing/index.js';

describe('domains and projects', () => {
  const world = useIdentity();
  let admin: TestCaller;
  beforeEach(async () => {
    admin = caller(world, await world.admin());
  });

  const createProject = async (name: string, over: object = {}) => (await admin.post('/projects', 201, { project: { name, domain_id: 'default', ...over } })).project;

  it('creates, shows, changes and deletes a project, keeping attributes it does not know', async () => {
    const project = await createProject('shop', { description: 'web shop', cost_center: 'A7' });
    expect(project).toMatchObject({
      name: 'shop', description: 'web shop', cost_center: 'A7', enabled: true, is_domain: false, domain_id: 'default', parent_id: 'default', tags: [], options: {},
      links: { self: expect.stringMatching(`/v3/projects/${project.id}$`) },
    });
    const changed = await admin.patch(`/projects/${project.id}`, 200, { project: { name: 'store', owner: 'ann' } });
    expect(changed.project).toMatchObject({ name: 'store', description: 'web shop', cost_center: 'A7', owner: 'ann' });
    expect(await admin.get(`/projects/${project.id}`, 200)).toEqual(changed);
    await admin.delete(`/projects/${project.id}`, 204);
    await admin.get(`/projects/${project.id}`, 404);
    await admin.delete(`/projects/${project.id}`, 404);
  });

  it('keeps names unique in a domain, also when two ask at once', async () => {
    const results = await Promise.all(Array.from({ length: 5 }, () => world.ask(adminToken(), 'POST', '/projects', { project: { name: 'twin', domain_id: 'default' } })));
    expect(results.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    const other = (await admin.post('/domains', 201, { domain: { name: 'twin-domain' } })).domain;
    await createProject('twin', { domain_id: other.id });
  });

  let token = '';
  const adminToken = () => token;
  beforeEach(async () => {
    token = await world.admin();
  });

  it('filters lists by attributes, comparisons and tags', async () => {
    await createProject('f-red', { tags: ['a', 'b'] });
    await createProject('f-green', { tags: ['b'], enabled: false });
    await createProject('F-blue', { parent_id: (await createProject('f-top')).id });
    const names = async (query: string) => (await admin.get(`/projects?${query}`, 200)).projects.map((project: { name: string }) => project.name);
    expect(await names('name=f-red')).toEqual(['f-red']);
    expect(await names('name__startswith=f-')).toEqual(['f-green', 'f-red', 'f-top']);
    expect(await names('name__istartswith=f-&name__contains=l')).toEqual(['F-blue']);
    expect(await names('name__startswith=f-&enabled=false')).toEqual(['f-green']);
    expect(await names('name__startswith=f-&tags=a,b')).toEqual(['f-red']);
    expect(await names('name__startswith=f-&tags-any=a,b')).toEqual(['f-green', 'f-red']);
    expect(await names('name__startswith=f-&not-tags-any=b')).toEqual(['f-top']);
    expect(await names("name=x' OR 1=1 --")).toEqual([]);
    expect(await names('name__contains=%25')).toEqual([]);
  });

  it('creates one project for a request that is repeated with its key', async () => {
    const ask = (name: string) => world.ask(adminToken(), 'POST', '/projects', { project: { name, domain_id: 'default' } }, { 'idempotency-key': 'once' });
    const first = await ask('repeated');
    const second = await ask('repeated');
    expect(second).toMatchObject({ status: 201, body: { project: { id: first.body.project.id } } });
    expect((await ask('another')).status).toBe(422);
  });

  it('pages through a list by marker', async () => {
    for (const name of ['pg-1', 'pg-2', 'pg-3']) await createProject(name);
    const seen: string[] = [];
    let path = '/projects?name__startswith=pg-&limit=2';
    for (let pages = 0; path !== '' && pages < 5; pages++) {
      const page = await admin.get(path, 200);
      seen.push(...page.projects.map((project: { name: string }) => project.name));
      path = page.links.next === null ? '' : new URL(page.links.next).pathname.replace('/v3', '') + new URL(page.links.next).search;
    }
    expect(seen).toEqual(['pg-1', 'pg-2', 'pg-3']);
  });

  it('lists any number of projects in one statement beside the check of the token', async () => {
    const db = world.app.get(PostgresDatabase);
    await admin.get('/projects', 200);
    const few = (await countStatements(db, () => admin.get('/projects?limit=1', 200))).count;
    expect((await countStatements(db, () => admin.get('/projects', 200))).count).toBe(few);
    expect(few).toBe(1);
  });

  it('nests projects, shows relatives, and refuses to break the tree', async () => {
    const top = await createProject('tree-top');
    const middle = await createProject('tree-middle', { parent_id: top.id, domain_id: undefined });
    const leaf = await createProject('tree-leaf', { parent_id: middle.id });
    expect(middle.domain_id).toBe('default');
    expect((await admin.get(`/projects/${leaf.id}?parents_as_ids`, 200)).project.parents).toEqual({ [middle.id]: { [top.id]: { default: null } } });
    expect((await admin.get(`/projects/${top.id}?subtree_as_ids`, 200)).project.subtree).toEqual({ [middle.id]: { [leaf.id]: null } });
    expect((await admin.get(`/projects/${top.id}?subtree_as_list`, 200)).project.subtree).toEqual([]);
    await admin.put(`/OS-INHERIT/projects/${top.id}/users/${await adminId()}/roles/${await world.roleId('reader')}/inherited_to_projects`, 204);
    expect((await admin.get(`/projects/${top.id}?subtree_as_list`, 200)).project.subtree).toHaveLength(2);
    await admin.get(`/projects/${top.id}?subtree_as_list&subtree_as_ids`, 400);
    await admin.delete(`/projects/${middle.id}`, 403);
    await admin.patch(`/projects/${middle.id}`, 403, { project: { enabled: false } });
    await admin.patch(`/projects/${middle.id}`, 403, { project: { parent_id: 'default' } });
    await admin.patch(`/projects/${leaf.id}`, 200, { project: { enabled: false } });
    await admin.patch(`/projects/${middle.id}`, 200, { project: { enabled: false } });
    await admin.patch(`/projects/${leaf.id}`, 403, { project: { enabled: true } });
    await admin.post('/projects', 403, { project: { name: 'below-disabled', parent_id: middle.id } });
    await admin.post('/projects', 400, { project: { name: 'nowhere', parent_id: 'no-such-project', domain_id: 'default' } });
  });

  const adminId = async () => (await world.db.sql<{ id: string }>`SELECT id FROM "user" WHERE name = 'admin'`)[0]!.id;

  it('ends the tokens of a project that is disabled, for good', async () => {
    const { token: theirs, projectId } = await world.person('pia', 'pia-project', ['member']);
    await admin.patch(`/projects/${projectId}`, 200, { project: { enabled: false } });
    expect((await world.ask(theirs, 'GET', '/auth/catalog')).status).toBe(401);
    await admin.patch(`/projects/${projectId}`, 200, { project: { enabled: true } });
    expect((await world.ask(theirs, 'GET', '/auth/catalog')).status).toBe(401);
  });

  it('tags projects', async () => {
    const { id } = await createProject('tagged');
    await admin.put(`/projects/${id}/tags/blue`, 201);
    await admin.put(`/projects/${id}/tags/blue`, 400);
    await admin.get(`/projects/${id}/tags/blue`, 204);
    await admin.get(`/projects/${id}/tags/red`, 404);
    expect((await admin.get(`/projects/${id}/tags`, 200)).tags).toEqual(['blue']);
    expect((await admin.put(`/projects/${id}/tags`, 200, { tags: ['x', 'y'] })).tags).toEqual(['x', 'y']);
    await admin.put(`/projects/${id}/tags`, 400, { tags: ['x', 'x'] });
    await admin.put(`/projects/${id}/tags/${encodeURIComponent('a,b')}`, 400);
    await admin.delete(`/projects/${id}/tags/x`, 204);
    await admin.delete(`/projects/${id}/tags/x`, 404);
    await admin.delete(`/projects/${id}/tags`, 204);
    expect((await admin.get(`/projects/${id}`, 200)).project.tags).toEqual([]);
  });

  it('deletes a domain only when it is disabled, then with everything in it', async () => {
    const { domain } = await admin.post('/domains', 201, { domain: { name: 'acme', description: 'd' } });
    expect(domain).toMatchObject({ name: 'acme', description: 'd', enabled: true, links: { self: expect.stringMatching(`/v3/domains/${domain.id}$`) } });
    const project = await createProject('p', { domain_id: domain.id });
    await createProject('child', { parent_id: project.id, domain_id: domain.id });
    const { user } = await admin.post('/users', 201, { user: { name: 'joe', password: 'joe-secret', domain_id: domain.id } });
    await admin.post('/credentials', 201, { credential: { type: 'cert', blob: 'x', user_id: user.id } });
    await admin.put(`/projects/${project.id}/users/${user.id}/roles/${await world.roleId('member')}`, 204);
    await admin.delete(`/domains/${domain.id}`, 403);
    expect((await admin.patch(`/domains/${domain.id}`, 200, { domain: { enabled: false } })).domain.enabled).toBe(false);
    expect((await world.authenticate(byPassword('joe', 'joe-secret', { id: domain.id }))).status).toBe(401);
    await admin.delete(`/domains/${domain.id}`, 204);
    await admin.get(`/domains/${domain.id}`, 404);
    await admin.get(`/projects/${project.id}`, 404);
    await admin.get(`/users/${user.id}`, 404);
    expect(await world.db.sql`SELECT FROM credential WHERE user_id = ${user.id}`).toEqual([]);
  });

  it('makes a domain of a project that is to be one', async () => {
    const { project } = await admin.post('/projects', 201, { project: { name: 'west', is_domain: true } });
    expect((await admin.get(`/domains/${project.id}`, 200)).domain.name).toBe('west');
    expect((await admin.get('/projects?is_domain=true&name=west', 200)).projects).toMatchObject([{ id: project.id, is_domain: true, domain_id: null, parent_id: null }]);
    await admin.delete(`/projects/${project.id}`, 403);
  });

  it('lists domains by name and state', async () => {
    await admin.post('/domains', 201, { domain: { name: 'north' } });
    await admin.post('/domains', 409, { domain: { name: 'north' } });
    expect((await admin.get('/domains?name=north', 200)).domains).toHaveLength(1);
    expect((await admin.get('/domains?enabled=false&name=north', 200)).domains).toEqual([]);
  });

  it('shows a project to its members only, and lets only administrators change it', async () => {
    const { token: theirs, projectId } = await world.person('mia', 'mia-project', ['member']);
    const mia = caller(world, theirs);
    const other = await createProject('not-mias');
    expect((await mia.get(`/projects/${projectId}`, 200)).project.name).toBe('mia-project');
    await mia.get(`/projects/${other.id}`, 403);
    await mia.get('/projects/no-such-project', 403);
    await mia.get('/projects', 403);
    await mia.post('/projects', 403, { project: { name: 'mine', domain_id: 'default' } });
    await mia.patch(`/projects/${projectId}`, 403, { project: { name: 'mine' } });
    await mia.delete(`/projects/${projectId}`, 403);
    expect((await mia.get('/domains/default', 200)).domain.name).toBe('Default');
    await mia.get('/domains', 403);
    await mia.delete('/domains/default', 403);
  });

  it('lets a manager of a domain manage projects of it and of no other', async () => {
    const { domain } = await admin.post('/domains', 201, { domain: { name: 'managed' } });
    const { user } = await admin.post('/users', 201, { user: { name: 'max', password: 'max-secret', domain_id: domain.id } });
    await admin.put(`/domains/${domain.id}/users/${user.id}/roles/${await world.roleId('manager')}`, 204);
    const login = await world.authenticate(byPassword('max', 'max-secret', { id: domain.id }), { domain: { id: domain.id } });
    const max = caller(world, String(login.headers['x-subject-token']));
    const { project } = await max.post('/projects', 201, { project: { name: 'own' } });
    expect(project.domain_id).toBe(domain.id);
    expect((await max.get('/projects', 200)).projects.map(({ name }: { name: string }) => name)).toEqual(['own']);
    await max.post('/projects', 403, { project: { name: 'foreign', domain_id: 'default' } });
    expect((await max.get('/domains', 200)).domains).toMatchObject([{ id: domain.id }]);
    await max.post('/users', 201, { user: { name: 'new', password: 'x' } });
    await max.post('/users', 403, { user: { name: 'new', domain_id: 'default' } });
    await max.put(`/projects/${project.id}/users/${user.id}/roles/${await world.roleId('member')}`, 204);
    await max.put(`/projects/${project.id}/users/${user.id}/roles/${await world.roleId('admin')}`, 403);
    expect((await max.get('/roles', 200)).roles.length).toBeGreaterThan(3);
  });

  it.each([{}, { project: {} }, { project: { name: '' } }, { project: { name: ' ' } }, { project: { name: 'x'.repeat(65) } }, { project: { name: 5 } }, { project: { name: 'x', enabled: 'yes' } },
    { project: { name: 'x', tags: ['a,b'] } }, { project: { name: 'x', domain_id: 'no-such' } }, { project: { name: 'x', domain_id: 'default', is_domain: true } }, { project: [] }])('refuses the project %j', async (body) => {
    await admin.post('/projects', 400, body);
  });
});
