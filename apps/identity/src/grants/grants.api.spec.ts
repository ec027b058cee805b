import 'reflect-metadata';
import { byPassword, caller, onProject, useIdentity, type TestCaller } from '../testing/index.js';

describe('roles and grants', () => {
  const world = useIdentity();
  let admin: TestCaller;
  beforeEach(async () => {
    admin = caller(world, await world.admin());
  });

  const createRole = async (name: string, over: object = {}) => (await admin.post('/roles', 201, { role: { name, ...over } })).role;

  it('creates, shows, changes and deletes roles, but not immutable ones', async () => {
    const role = await createRole('pilot', { description: 'flies', wings: 2 });
    expect(role).toMatchObject({ name: 'pilot', description: 'flies', wings: 2, domain_id: null, options: {} });
    expect((await admin.patch(`/roles/${role.id}`, 200, { role: { name: 'copilot' } })).role).toMatchObject({ name: 'copilot', description: 'flies' });
    await admin.post('/roles', 409, { role: { name: 'copilot' } });
    expect((await admin.get('/roles?name=copilot', 200)).roles).toMatchObject([{ id: role.id }]);
    await admin.patch(`/roles/${role.id}`, 200, { role: { options: { immutable: true } } });
    await admin.patch(`/roles/${role.id}`, 403, { role: { name: 'x' } });
    await admin.delete(`/roles/${role.id}`, 403);
    await admin.patch(`/roles/${role.id}`, 200, { role: { options: { immutable: null } } });
    await admin.delete(`/roles/${role.id}`, 204);
    await admin.get(`/roles/${role.id}`, 404);
    await admin.delete(`/roles/${await world.roleId('admin')}`, 403);
  });

  it('lets roles imply others, at once for all tokens', async () => {
    const [captain, sailor] = [await createRole('captain'), await createRole('sailor')];
    const { token } = await world.person('jack', 'ship', ['captain']);
    const rolesNow = async () => (await world.ask(token, 'GET', '/auth/tokens', undefined, { 'x-subject-token': token })).body.token.roles.map(({ name }: { name: string }) => name);
    expect(await rolesNow()).toEqual(['captain']);
    const made = await admin.put(`/roles/${captain.id}/implies/${sailor.id}`, 201);
    expect(made.role_inference).toMatchObject({ prior_role: { id: captain.id, name: 'captain' }, implies: { id: sailor.id, name: 'sailor' } });
    expect(await rolesNow()).toEqual(['captain', 'sailor']);
    await admin.head(`/roles/${captain.id}/implies/${sailor.id}`, 204);
    expect((await admin.get(`/roles/${captain.id}/implies`, 200)).role_inference.implies).toHaveLength(1);
    expect((await admin.get('/role_inferences', 200)).role_inferences).toContainEqual(expect.objectContaining({ prior_role: expect.objectContaining({ id: captain.id }) }));
    await admin.put(`/roles/${captain.id}/implies/${await world.roleId('admin')}`, 403);
    await admin.put(`/roles/${captain.id}/implies/no-such`, 404);
    await admin.delete(`/roles/${captain.id}/implies/${sailor.id}`, 204);
    await admin.delete(`/roles/${captain.id}/implies/${sailor.id}`, 404);
    expect(await rolesNow()).toEqual(['captain']);
  });

  it('survives roles that imply each other in a circle', async () => {
    const [one, two] = [await createRole('egg'), await createRole('hen')];
    await admin.put(`/roles/${one.id}/implies/${two.id}`, 201);
    await admin.put(`/roles/${two.id}/implies/${one.id}`, 201);
    const { token } = await world.person('rooster', 'farm', ['hen']);
    expect((await world.ask(token, 'GET', '/auth/tokens', undefined, { 'x-subject-token': token })).body.token.roles).toHaveLength(2);
    expect((await admin.get(`/role_assignments?effective&role.id=${one.id}`, 200)).role_assignments).toHaveLength(1);
  });

  it('keeps roles of a domain out of tokens, but not what they imply', async () => {
    const { domain } = await admin.post('/domains', 201, { domain: { name: 'guild' } });
    const own = await createRole('guild-master', { domain_id: domain.id });
    await admin.put(`/roles/${own.id}/implies/${await world.roleId('member')}`, 201);
    await admin.put(`/roles/${await world.roleId('member')}/implies/${own.id}`, 403);
    expect((await admin.get(`/roles?domain_id=${domain.id}`, 200)).roles).toMatchObject([{ id: own.id }]);
    expect((await admin.get('/roles', 200)).roles).not.toContainEqual(expect.objectContaining({ id: own.id }));
    const { project } = await admin.post('/projects', 201, { project: { name: 'hall', domain_id: domain.id } });
    const { user } = await admin.post('/users', 201, { user: { name: 'gil', password: 'gil-secret', domain_id: domain.id } });
    await admin.put(`/projects/${project.id}/users/${user.id}/roles/${own.id}`, 204);
    const login = await world.authenticate(byPassword('gil', 'gil-secret', { id: domain.id }), { project: { id: project.id } });
    expect(login.body.token.roles.map(({ name }: { name: string }) => name)).toEqual(['member', 'reader']);
    const { project: foreign } = await admin.post('/projects', 201, { project: { name: 'foreign', domain_id: 'default' } });
    await admin.put(`/projects/${foreign.id}/users/${user.id}/roles/${own.id}`, 403);
  });

  it.each(['users', 'groups'] as const)('grants, checks, lists and revokes roles for %s on projects, domains and the system', async (actors) => {
    const actor = actors === 'users' ? (await admin.post('/users', 201, { user: { name: 'act', domain_id: 'default' } })).user : (await admin.post('/groups', 201, { group: { name: 'act', domain_id: 'default' } })).group;
    const { project } = await admin.post('/projects', 201, { project: { name: `target-${actors}`, domain_id: 'default' } });
    const role = await world.roleId('reader');
    const places: [string, string][] = [
      [`/projects/${project.id}/${actors}/${actor.id}/roles`, ''], [`/domains/default/${actors}/${actor.id}/roles`, ''], [`/system/${actors}/${actor.id}/roles`, ''],
      [`/OS-INHERIT/projects/${project.id}/${actors}/${actor.id}/roles`, '/inherited_to_projects'], [`/OS-INHERIT/domains/default/${actors}/${actor.id}/roles`, '/inherited_to_projects'],
    ];
    for (const [path, tail] of places) {
      await admin.head(`${path}/${role}${tail}`, 404);
      await admin.delete(`${path}/${role}${tail}`, 404);
      await admin.put(`${path}/${role}${tail}`, 204);
      await admin.put(`${path}/${role}${tail}`, 204);
      await admin.head(`${path}/${role}${tail}`, 204);
      await admin.get(`${path}/${role}${tail}`, 204);
      expect((await admin.get(`${path}${tail}`, 200)).roles).toMatchObject([{ id: role, name: 'reader' }]);
      await admin.put(`${path}/no-such-role${tail}`, 404);
      await admin.put(`${path.replace(actor.id, 'nobody')}/${role}${tail}`, 404);
    }
    expect(await world.db.sql`SELECT FROM assignment WHERE user_id = ${actor.id} OR group_id = ${actor.id}`).toHaveLength(5);
    for (const [path, tail] of places) await admin.delete(`${path}/${role}${tail}`, 204);
    expect(await world.db.sql`SELECT FROM assignment WHERE user_id = ${actor.id} OR group_id = ${actor.id}`).toHaveLength(0);
    await admin.put(`/projects/no-such/${actors}/${actor.id}/roles/${role}`, 404);
    await admin.put(`/domains/${project.id}/${actors}/${actor.id}/roles/${role}`, 404);
  });

  it('lets inherited roles reach the projects below and nothing else', async () => {
    const { userId } = await world.person('ida', 'ida-top', []).catch(() => ({ userId: '' }));
    expect(userId).toBe('');
    const [user] = await world.db.sql<{ id: string }>`SELECT id FROM "user" WHERE name = 'ida'`;
    const [top] = await world.db.sql<{ id: string }>`SELECT id FROM project WHERE name = 'ida-top'`;
    const { project: leaf } = await admin.post('/projects', 201, { project: { name: 'ida-leaf', parent_id: top!.id } });
    await admin.put(`/OS-INHERIT/projects/${top!.id}/users/${user!.id}/roles/${await world.roleId('reader')}/inherited_to_projects`, 204);
    expect((await world.authenticate(byPassword('ida', 'ida-secret'), onProject('ida-top'))).status).toBe(401);
    expect((await world.authenticate(byPassword('ida', 'ida-secret'), onProject('ida-leaf'))).body.token.roles).toMatchObject([{ name: 'reader' }]);
    const effective = (await admin.get(`/role_assignments?effective&user.id=${user!.id}`, 200)).role_assignments;
    expect(effective).toEqual([{
      role: { id: await world.roleId('reader') }, user: { id: user!.id }, scope: { project: { id: leaf.id } },
      links: { assignment: expect.stringContaining(`/v3/OS-INHERIT/projects/${top!.id}/users/${user!.id}/roles/`) },
    }]);
    const assigned = (await admin.get(`/role_assignments?user.id=${user!.id}`, 200)).role_assignments;
    expect(assigned).toMatchObject([{ scope: { project: { id: top!.id }, 'OS-INHERIT:inherited_to': 'projects' } }]);
  });

  it('lists assignments as they were made and as they are in effect, with names on request', async () => {
    const { userId, projectId } = await world.person('lea', 'lea-project', ['member']);
    const { group } = await admin.post('/groups', 201, { group: { name: 'lea-group', domain_id: 'default' } });
    await admin.put(`/groups/${group.id}/users/${userId}`, 204);
    await admin.put(`/projects/${projectId}/groups/${group.id}/roles/${await world.roleId('service')}`, 204);
    await admin.put(`/system/users/${userId}/roles/${await world.roleId('reader')}`, 204);
    const list = async (query: string) => (await admin.get(`/role_assignments?${query}`, 200)).role_assignments;
    expect(await list(`scope.project.id=${projectId}`)).toHaveLength(2);
    expect(await list(`scope.project.id=${projectId}&group.id=${group.id}`)).toMatchObject([{ group: { id: group.id } }]);
    expect(await list(`user.id=${userId}&scope.system=all`)).toMatchObject([{ scope: { system: { all: true } } }]);
    const effective = await list(`effective&scope.project.id=${projectId}&include_names`);
    expect(effective.map((one: { role: { name: string } }) => one.role.name).sort()).toEqual(['member', 'reader', 'service']);
    expect(effective[0]).toMatchObject({ user: { id: userId, name: 'lea', domain: { id: 'default', name: 'Default' } }, scope: { project: { name: 'lea-project', domain: { name: 'Default' } } } });
    expect(effective.find((one: { role: { name: string } }) => one.role.name === 'service').links).toMatchObject({ membership: expect.stringContaining(`/v3/groups/${group.id}/users/${userId}`) });
    expect(await list(`include_subtree&scope.project.id=${projectId}`)).toHaveLength(2);
    for (const query of ['user.id=a&group.id=b', 'scope.project.id=a&scope.domain.id=b', 'effective&group.id=a', 'include_subtree', 'scope.system=all&scope.domain.id=a',
      'effective&scope.OS-INHERIT:inherited_to=projects']) await admin.get(`/role_assignments?${query}`, 400);
  });

  it('takes effect on tokens in use when a role is revoked or deleted', async () => {
    const role = await createRole('temp');
    const { token, userId, projectId } = await world.person('ted', 'ted-project', ['temp', 'member']);
    const roles = async () => (await world.ask(token, 'GET', '/auth/tokens', undefined, { 'x-subject-token': token })).body.token.roles.map(({ name }: { name: string }) => name);
    expect(await roles()).toEqual(['member', 'reader', 'temp']);
    await admin.delete(`/projects/${projectId}/users/${userId}/roles/${await world.roleId('member')}`, 204);
    expect(await roles()).toEqual(['temp']);
    await admin.delete(`/roles/${role.id}`, 204);
    expect((await world.ask(token, 'GET', '/auth/catalog')).status).toBe(401);
  });

  it('is for administrators', async () => {
    const { token, userId, projectId } = await world.person('nia', 'nia-project', ['member']);
    const nia = caller(world, token);
    const admins = await world.roleId('admin');
    await nia.put(`/projects/${projectId}/users/${userId}/roles/${admins}`, 403);
    await nia.put(`/system/users/${userId}/roles/${admins}`, 403);
    await nia.get(`/projects/${projectId}/users/${userId}/roles`, 403);
    await nia.get('/role_assignments', 403);
    await nia.get('/roles', 403);
    await nia.post('/roles', 403, { role: { name: 'mine' } });
    await nia.put(`/roles/${await world.roleId('reader')}/implies/${await world.roleId('member')}`, 403);
  });
});
