import 'reflect-metadata';
import { countStatements, PostgresDatabase } from '@virga/persistence';
import { hours } from '@virga/kernel';
import { PasswordHasher } from '../passwords/index.js';
import { ADMIN_PASSWORD, byPassword, onProject, useIdentity } from '../testing/index.js';

describe('authentication', () => {
  const world = useIdentity();

  it('gives a project-scoped token with roles and the catalog', async () => {
    const answer = await world.authenticate(byPassword('admin', ADMIN_PASSWORD, { name: 'Default' }), onProject('admin'));
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({ 'x-subject-token': expect.any(String), vary: 'X-Auth-Token' });
    const { token } = answer.body;
    expect(token).toMatchObject({
      methods: ['password'], user: { name: 'admin', domain: { id: 'default', name: 'Default' }, password_expires_at: null },
      project: { name: 'admin', domain: { id: 'default', name: 'Default' } }, is_domain: false, audit_ids: [expect.any(String)],
      issued_at: '2025-01-01T00:00:00.001000Z', expires_at: '2025-01-01T01:00:00.001000Z',
    });
    expect(token.roles.map((role: { name: string }) => role.name)).toEqual(['admin', 'manager', 'member', 'reader']);
    expect(token.catalog.map((service: { type: string }) => service.type)).toEqual(['block-storage', 'compute', 'identity', 'image', 'network', 'object-store', 'placement', 's3', 'volumev3']);
    expect(token.catalog[1]).toMatchObject({ name: 'nova' });
    expect(token.catalog[1].endpoints[0]).toMatchObject({ interface: 'admin', region: 'RegionOne', region_id: 'RegionOne', url: 'http://cloud.example:8774/v2.1' });
  });

  it('leaves the catalog out on request', async () => {
    const answer = await world.authenticate(byPassword('admin', ADMIN_PASSWORD), onProject('admin'), '/auth/tokens?nocatalog');
    expect(answer.body.token.catalog).toBeUndefined();
  });

  it('scopes tokens to a domain, the system, or nothing', async () => {
    const identity = byPassword('admin', ADMIN_PASSWORD);
    expect((await world.authenticate(identity, { domain: { name: 'Default' } })).body.token).toMatchObject({ domain: { id: 'default', name: 'Default' } });
    expect((await world.authenticate(identity, { system: { all: true } })).body.token).toMatchObject({ system: { all: true } });
    for (const scope of ['unscoped', { unscoped: {} }, undefined]) {
      const { status, body } = await world.authenticate(identity, scope);
      expect(status).toBe(201);
      expect(body.token).not.toHaveProperty('roles');
      expect(body.token).not.toHaveProperty('catalog');
      expect(body.token).not.toHaveProperty('project');
    }
  });

  it('uses the default project where no scope is named, unless the user may not', async () => {
    const { userId, projectId } = await world.person('dora', 'dora-project', ['member']);
    const admin = await world.admin();
    await world.ask(admin, 'PATCH', `/users/${userId}`, { user: { default_project_id: projectId } });
    expect((await world.authenticate(byPassword('dora', 'dora-secret'))).body.token.project).toMatchObject({ id: projectId });
    expect((await world.authenticate(byPassword('dora', 'dora-secret'), 'unscoped')).body.token.project).toBeUndefined();
    await world.ask(admin, 'DELETE', `/projects/${projectId}/users/${userId}/roles/${await world.roleId('member')}`);
    const without = await world.authenticate(byPassword('dora', 'dora-secret'));
    expect(without).toMatchObject({ status: 201, body: { token: { user: { name: 'dora' } } } });
    expect(without.body.token.project).toBeUndefined();
  });

  it('answers alike to an unknown user, a wrong password, a disabled user and a scope without roles, verifying a password each time', async () => {
    await world.person('eve', 'eve-project', ['member']);
    const { userId } = await world.person('off', 'eve-project', ['member']);
    await world.ask(await world.admin(), 'PATCH', `/users/${userId}`, { user: { enabled: false } });
    const hasher = world.app.get(PasswordHasher, { strict: false });
    const attempts: [unknown, unknown][] = [
      [byPassword('nobody', 'x'), undefined], [byPassword('eve', 'wrong'), undefined], [byPassword('off', 'off-secret'), undefined],
      [byPassword('off', 'wrong'), undefined], [byPassword('eve', 'eve-secret'), onProject('admin')], [byPassword('eve', 'eve-secret'), onProject('no-such')],
      [byPassword('eve', 'eve-secret'), { system: { all: true } }], [byPassword('eve', 'eve-secret', { name: 'No Domain' }), undefined],
    ];
    const bodies = new Set<string>();
    for (const [identity, scope] of attempts) {
      const before = hasher.verified;
      const answer = await world.authenticate(identity, scope);
      expect(answer.status).toBe(401);
      expect(hasher.verified).toBe(before + 1);
      bodies.add(JSON.stringify(answer.body));
    }
    expect([...bodies]).toEqual([JSON.stringify({ error: { code: 401, message: 'The request you have made requires authentication.', title: 'Unauthorized' } })]);
  });

  it.each<[string, unknown, unknown]>([
    ['no method', { methods: [] }, undefined],
    ['a method without its part', { methods: ['password'] }, undefined],
    ['a user name without domain', { methods: ['password'], password: { user: { name: 'admin', password: 'x' } } }, undefined],
    ['two scopes', byPassword('admin', ADMIN_PASSWORD), { system: { all: true }, domain: { id: 'default' } }],
    ['an empty scope', byPassword('admin', ADMIN_PASSWORD), {}],
    ['a password that is no text', { methods: ['password'], password: { user: { id: 'x', password: 5 } } }, undefined],
  ])('refuses a request with %s as malformed', async (_, identity, scope) => {
    expect((await world.authenticate(identity, scope)).status).toBe(400);
  });

  it('exchanges a token for one of another scope that does not outlive it', async () => {
    const first = await world.login('admin', ADMIN_PASSWORD);
    world.clock.advance(hours(0.5));
    const answer = await world.authenticate({ methods: ['token'], token: { id: first } }, onProject('admin'));
    const shown = await world.ask(first, 'GET', '/auth/tokens', undefined, { 'x-subject-token': first });
    expect(answer.status).toBe(201);
    expect(answer.body.token.expires_at).toBe(shown.body.token.expires_at);
    expect([...answer.body.token.methods].sort()).toEqual(['password', 'token']);
    expect(answer.body.token.audit_ids).toEqual([expect.any(String), shown.body.token.audit_ids[0]]);
  });

  it('shows, checks and revokes tokens; a revoked one does not exist', async () => {
    const admin = await world.admin();
    const { token, userId } = await world.person('tom', 'tom-project', ['member']);
    const subject = { 'x-subject-token': token };
    expect((await world.ask(admin, 'GET', '/auth/tokens', undefined, subject)).body.token).toMatchObject({ user: { id: userId } });
    expect((await world.ask(admin, 'HEAD', '/auth/tokens', undefined, subject)).status).toBe(200);
    expect((await world.ask(token, 'GET', '/auth/tokens', undefined, { 'x-subject-token': admin })).status).toBe(403);
    expect((await world.ask(token, 'DELETE', '/auth/tokens', undefined, subject)).status).toBe(204);
    expect((await world.ask(admin, 'GET', '/auth/tokens', undefined, subject)).status).toBe(404);
    expect((await world.ask(token, 'GET', '/auth/projects')).status).toBe(401);
    expect((await world.ask(admin, 'GET', '/auth/tokens', undefined, { 'x-subject-token': 'nonsense' })).status).toBe(404);
    expect((await world.ask(admin, 'GET', '/auth/tokens')).status).toBe(404);
  });

  it('tells what a token can be exchanged for', async () => {
    const { token, projectId } = await world.person('ann', 'ann-project', ['reader']);
    expect((await world.ask(token, 'GET', '/auth/projects')).body.projects).toMatchObject([{ id: projectId, name: 'ann-project' }]);
    expect((await world.ask(token, 'GET', '/auth/domains')).body.domains).toEqual([]);
    expect((await world.ask(token, 'GET', '/auth/system')).body.system).toEqual([]);
    expect((await world.ask(await world.admin(), 'GET', '/auth/system')).body.system).toEqual([{ all: true }]);
    expect((await world.ask(await world.admin(), 'GET', '/auth/domains')).body.domains).toMatchObject([{ id: 'default' }]);
    expect((await world.ask(token, 'GET', '/auth/catalog')).body.catalog).toHaveLength(9);
  });

  it('ends all tokens of a user who changes the password', async () => {
    const { token, userId } = await world.person('pam', 'pam-project', ['member']);
    const change = (original: string) => world.ask('', 'POST', `/users/${userId}/password`, { user: { original_password: original, password: 'new-secret' } });
    expect((await change('wrong')).status).toBe(401);
    expect((await world.ask(token, 'GET', '/auth/projects')).status).toBe(200);
    expect((await change('pam-secret')).status).toBe(204);
    expect((await world.ask(token, 'GET', '/auth/projects')).status).toBe(401);
    expect((await world.authenticate(byPassword('pam', 'pam-secret'))).status).toBe(401);
    expect((await world.authenticate(byPassword('pam', 'new-secret'))).status).toBe(201);
  });

  it('keeps a user out within a second of being disabled, and the old tokens for good', async () => {
    const { token, userId } = await world.person('dis', 'dis-project', ['member']);
    const admin = await world.admin();
    await world.ask(admin, 'PATCH', `/users/${userId}`, { user: { enabled: false } });
    expect((await world.ask(token, 'GET', '/auth/projects')).status).toBe(401);
    await world.ask(admin, 'PATCH', `/users/${userId}`, { user: { enabled: true } });
    expect((await world.ask(token, 'GET', '/auth/projects')).status).toBe(401);
    expect((await world.authenticate(byPassword('dis', 'dis-secret'))).status).toBe(201);
  });

  it('asks the database for an application credential login twice, and never for a token in use', async () => {
    const { token, userId } = await world.person('bot', 'bot-project', ['member']);
    const made = await world.ask(token, 'POST', `/users/${userId}/application_credentials`, { application_credential: { name: 'robot' } });
    const identity = { methods: ['application_credential'], application_credential: { id: made.body.application_credential.id, secret: made.body.application_credential.secret } };
    const first = await world.authenticate(identity);
    const db = world.app.get(PostgresDatabase);
    const login = await countStatements(db, () => world.authenticate(identity));
    expect(login.count).toBeLessThanOrEqual(4);
    const robot = String(first.headers['x-subject-token']);
    await world.ask(robot, 'GET', '/auth/catalog');
    expect((await countStatements(db, () => world.ask(robot, 'GET', '/auth/catalog'))).count).toBe(0);
  });

  it('serves version documents to everybody', async () => {
    const versions = await world.ask('', 'GET', '/');
    expect(versions).toMatchObject({ status: 300, body: { versions: { values: [{ id: 'v3.14', status: 'stable' }] } } });
    expect(await world.ask('', 'GET', '')).toMatchObject({ status: 200, body: { version: { id: 'v3.14', links: [{ rel: 'self', href: expect.stringMatching(/\/v3\/$/) }] } } });
  });

  it('can be bootstrapped again without changing anything', async () => {
    const count = async () => world.db.sql`
      SELECT (SELECT count(*) FROM "user") u, (SELECT count(*) FROM password) pw, (SELECT count(*) FROM endpoint) e, (SELECT count(*) FROM assignment) a,
        (SELECT count(*) FROM registered_limit) l, (SELECT count(*) FROM role) r, (SELECT count(*) FROM project) p`;
    const before = await count();
    await world.bootstrap();
    expect(await count()).toEqual(before);
    expect((await world.authenticate(byPassword('nova', 'nova-secret'), onProject('service'))).body.token.roles).toContainEqual(expect.objectContaining({ name: 'service' }));
  });
});
