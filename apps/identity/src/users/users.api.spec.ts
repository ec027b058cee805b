import 'reflect-metadata';
import { byPassword, caller, onProject, useIdentity, type TestCaller } from '../testing/index.js';

describe('users and groups', () => {
  const world = useIdentity();
  let admin: TestCaller;
  beforeEach(async () => {
    admin = caller(world, await world.admin());
  });

  const createUser = async (name: string, over: object = {}) => (await admin.post('/users', 201, { user: { name, domain_id: 'default', ...over } })).user;

  it('creates, shows, changes and deletes a user, and never shows its password', async () => {
    const user = await createUser('carl', { password: 'carl-secret', email: 'c@example', description: 'd', phone: '1' });
    expect(user).toMatchObject({ name: 'carl', email: 'c@example', description: 'd', phone: '1', enabled: true, domain_id: 'default', password_expires_at: null, options: {} });
    expect(JSON.stringify(await admin.get(`/users/${user.id}`, 200))).not.toContain('secret');
    const changed = (await admin.patch(`/users/${user.id}`, 200, { user: { name: 'karl', email: null, project_id: 'x', options: { lock_password: true } } })).user;
    expect(changed).toMatchObject({ name: 'karl', phone: '1', project_id: 'x', options: { lock_password: true } });
    expect(changed).not.toHaveProperty('email');
    await admin.post('/users', 409, { user: { name: 'karl', domain_id: 'default' } });
    await admin.patch(`/users/${user.id}`, 400, { user: { domain_id: 'other' } });
    await admin.delete(`/users/${user.id}`, 204);
    await admin.delete(`/users/${user.id}`, 404);
    expect((await world.authenticate(byPassword('karl', 'carl-secret'))).status).toBe(401);
  });

  it('does not keep passwords in clear anywhere', async () => {
    await createUser('clear', { password: 'very-secret-text' });
    const rows = await world.db.sql<{ hash: string }>`SELECT hash FROM password`;
    expect(rows.every(({ hash }) => hash.startsWith('$argon2id$v=19$m=19456,t=2,p=1$'))).toBe(true);
  });

  it('resets a password and removes it', async () => {
    const user = await createUser('res', { password: 'first' });
    await admin.patch(`/users/${user.id}`, 200, { user: { password: 'second' } });
    expect((await world.authenticate(byPassword('res', 'first'))).status).toBe(401);
    expect((await world.authenticate(byPassword('res', 'second'))).status).toBe(201);
    await admin.patch(`/users/${user.id}`, 200, { user: { password: null } });
    expect((await world.authenticate(byPassword('res', 'second'))).status).toBe(401);
  });

  it('lets a locked password be changed by administrators only', async () => {
    const user = await createUser('lock', { password: 'first', options: { lock_password: true } });
    expect((await world.ask('', 'POST', `/users/${user.id}/password`, { user: { original_password: 'first', password: 'x' } })).status).toBe(400);
    expect((await world.ask('', 'POST', '/users/no-such-user/password', { user: { original_password: 'first', password: 'x' } })).status).toBe(401);
  });

  it('filters users by name, domain, state and the expiry of the password', async () => {
    await createUser('q-one', { password: 'x' });
    await createUser('q-two', { enabled: false });
    const user = await createUser('q-three', { password: 'x' });
    await world.db.sql`UPDATE password SET expires_at = '2030-01-01T00:00:00Z' WHERE user_id = ${user.id}`;
    const names = async (query: string) => (await admin.get(`/users?name__startswith=q-&${query}`, 200)).users.map(({ name }: { name: string }) => name);
    expect(await names('')).toEqual(['q-one', 'q-three', 'q-two']);
    expect(await names('enabled=False')).toEqual(['q-two']);
    expect(await names('domain_id=none')).toEqual([]);
    expect(await names('password_expires_at=lt:2031-01-01T00:00:00Z')).toEqual(['q-three']);
    expect(await names('password_expires_at=gt:2031-01-01T00:00:00Z')).toEqual([]);
    expect(await names('password_expires_at=nonsense')).toEqual([]);
    expect((await admin.get(`/users/${user.id}`, 200)).user.password_expires_at).toBe('2030-01-01T00:00:00.000000Z');
  });

  it('refuses an expired password but lets its user change it', async () => {
    const { userId } = await world.person('exp', 'exp-project', ['member']);
    await world.db.sql`UPDATE password SET expires_at = '2024-01-01T00:00:00Z' WHERE user_id = ${userId}`;
    expect((await world.authenticate(byPassword('exp', 'exp-secret'))).status).toBe(401);
    expect((await world.ask('', 'POST', `/users/${userId}/password`, { user: { original_password: 'exp-secret', password: 'new' } })).status).toBe(204);
    expect((await world.authenticate(byPassword('exp', 'new'))).status).toBe(201);
  });

  it.each([{ name: '' }, { name: 'x'.repeat(256) }, { name: 'x', enabled: 'True' }, { name: 'x', password: 5 }, { name: 'x', default_project_id: 'default' },
    { name: 'x', options: { multi_factor_auth_enabled: true } }, {}])('refuses the user %j', async (over) => {
    await admin.post('/users', 400, { user: { domain_id: 'default', ...over } });
  });

  it('answers 404 for a domain that does not exist', async () => {
    await admin.post('/users', 404, { user: { name: 'x', domain_id: 'nowhere' } });
    await admin.post('/groups', 404, { group: { name: 'x', domain_id: 'nowhere' } });
  });

  it('shows users themselves, and nobody else', async () => {
    const { token, userId, projectId } = await world.person('sue', 'sue-project', ['member']);
    const sue = caller(world, token);
    expect((await sue.get(`/users/${userId}`, 200)).user.name).toBe('sue');
    expect((await sue.get(`/users/${userId}/projects`, 200)).projects).toMatchObject([{ id: projectId }]);
    expect((await sue.get(`/users/${userId}/groups`, 200)).groups).toEqual([]);
    await sue.get(`/users/${(await createUser('other')).id}`, 403);
    await sue.get('/users/no-such-user', 403);
    await sue.get('/users', 403);
    await sue.patch(`/users/${userId}`, 403, { user: { enabled: false } });
    await sue.delete(`/users/${userId}`, 403);
  });

  it('groups users, and gives them the roles of the group', async () => {
    const user = await createUser('gus', { password: 'gus-secret' });
    const { group } = await admin.post('/groups', 201, { group: { name: 'crew', domain_id: 'default', color: 'red' } });
    expect(group).toMatchObject({ name: 'crew', description: '', color: 'red', links: { self: expect.stringMatching(`/v3/groups/${group.id}$`) } });
    await admin.get(`/groups/${group.id}/users/${user.id}`, 404);
    await admin.put(`/groups/${group.id}/users/${user.id}`, 204);
    await admin.put(`/groups/${group.id}/users/${user.id}`, 204);
    await admin.head(`/groups/${group.id}/users/${user.id}`, 204);
    expect((await admin.get(`/groups/${group.id}/users`, 200)).users).toEqual([(await admin.get(`/users/${user.id}`, 200)).user]);
    expect((await admin.get(`/users/${user.id}/groups`, 200)).groups).toEqual([group]);
    const { project } = await admin.post('/projects', 201, { project: { name: 'crew-project', domain_id: 'default' } });
    await admin.put(`/projects/${project.id}/groups/${group.id}/roles/${await world.roleId('reader')}`, 204);
    expect((await world.authenticate(byPassword('gus', 'gus-secret'), onProject('crew-project'))).body.token.roles).toMatchObject([{ name: 'reader' }]);
    await admin.delete(`/groups/${group.id}/users/${user.id}`, 204);
    await admin.delete(`/groups/${group.id}/users/${user.id}`, 404);
    expect((await world.authenticate(byPassword('gus', 'gus-secret'), onProject('crew-project'))).status).toBe(401);
    await admin.put(`/groups/${group.id}/users/no-such`, 404);
    await admin.put(`/groups/no-such/users/${user.id}`, 404);
    expect((await admin.patch(`/groups/${group.id}`, 200, { group: { description: 'the crew' } })).group).toMatchObject({ name: 'crew', description: 'the crew', color: 'red' });
    await admin.post('/groups', 409, { group: { name: 'crew', domain_id: 'default' } });
    expect((await admin.get('/groups?name=crew', 200)).groups).toHaveLength(1);
    await admin.delete(`/groups/${group.id}`, 204);
    await admin.get(`/groups/${group.id}`, 404);
  });
});
