import 'reflect-metadata';
import { hours } from '@virga/kernel';
import { byPassword, caller, onProject, useIdentity } from '../testing/index.js';

describe('application credentials, trusts and credentials', () => {
  const world = useIdentity();
  type Person = Awaited<ReturnType<typeof world.person>>;

  const robotIdentity = (credential: { id: string; secret: string }) => ({ methods: ['application_credential'], application_credential: { id: credential.id, secret: credential.secret } });
  const credentialsOf = (person: Person) => `/users/${person.userId}/application_credentials`;

  async function robotOf(person: Person, over: object = {}) {
    const { application_credential: credential } = await caller(world, person.token).post(credentialsOf(person), 201, { application_credential: { name: `robot-${Math.random()}`, ...over } });
    return { credential, login: () => world.authenticate(robotIdentity(credential)) };
  }

  it('lets robots in with what their user passes on, by id or by name', async () => {
    const una = await world.person('una', 'una-project', ['member']);
    const { credential, login } = await robotOf(una, { roles: [{ name: 'reader' }], description: 'ci' });
    expect(credential).toMatchObject({ description: 'ci', project_id: una.projectId, user_id: una.userId, unrestricted: false, expires_at: null, roles: [{ name: 'reader', domain_id: null }], secret: expect.any(String) });
    const answer = await login();
    expect(answer).toMatchObject({ status: 201, body: { token: {
      methods: ['application_credential'], project: { id: una.projectId }, roles: [{ name: 'reader' }], application_credential: { id: credential.id, restricted: true },
    } } });
    const byName = { methods: ['application_credential'], application_credential: { name: credential.name, secret: credential.secret, user: { name: 'una', domain: { id: 'default' } } } };
    expect((await world.authenticate(byName)).status).toBe(201);
    expect((await world.authenticate(byName, onProject('una-project'))).status).toBe(201);
    expect((await world.authenticate(byName, onProject('admin'))).status).toBe(401);
    expect((await world.authenticate({ ...byName, application_credential: { ...byName.application_credential, secret: 'wrong' } })).status).toBe(401);
    expect((await world.authenticate({ methods: ['application_credential'], application_credential: { name: credential.name, secret: 'x' } })).status).toBe(400);
    expect((await world.authenticate({ methods: ['token'], token: { id: answer.headers['x-subject-token'] } }, 'unscoped')).status).toBe(403);
  });

  it('shows the secret once and keeps only a hash', async () => {
    const vic = await world.person('vic', 'vic-project', ['member']);
    const user = caller(world, vic.token);
    const { credential } = await robotOf(vic);
    const chosen = await robotOf(vic, { secret: 'chosen-secret' });
    expect((await chosen.login()).status).toBe(201);
    expect(JSON.stringify(await user.get(`${credentialsOf(vic)}/${credential.id}`, 200))).not.toContain(credential.secret);
    const hashes = (await world.db.sql<{ secret_hash: string }>`SELECT secret_hash FROM application_credential WHERE user_id = ${vic.userId} ORDER BY secret_hash`).map((row) => row.secret_hash);
    expect(hashes).toEqual([expect.stringMatching(/^\$argon2id\$/), expect.stringMatching(/^hmac-sha256:/)]);
    expect((await user.get(`${credentialsOf(vic)}?name=${credential.name}`, 200)).application_credentials).toHaveLength(1);
    await user.delete(`${credentialsOf(vic)}/${credential.id}`, 204);
    await user.delete(`${credentialsOf(vic)}/${credential.id}`, 404);
  });

  it('ends a robot with its credential, its user, or the role that it had', async () => {
    const wes = await world.person('wes', 'wes-project', ['member']);
    const { credential, login } = await robotOf(wes);
    const token = String((await login()).headers['x-subject-token']);
    expect((await world.ask(token, 'GET', '/auth/catalog')).status).toBe(200);
    await caller(world, wes.token).delete(`${credentialsOf(wes)}/${credential.id}`, 204);
    expect((await world.ask(token, 'GET', '/auth/catalog')).status).toBe(401);
    const second = await robotOf(wes);
    const admin = caller(world, await world.admin());
    await admin.delete(`/projects/${wes.projectId}/users/${wes.userId}/roles/${await world.roleId('member')}`, 204);
    expect((await second.login()).status).toBe(401);
  });

  it('honours expiry to the microsecond, and no token outlives the credential', async () => {
    const xia = await world.person('xia', 'xia-project', ['member']);
    const inHalfAnHour = new Date(world.clock.now() + hours(0.5)).toISOString().replace('Z', '123');
    const { credential, login } = await robotOf(xia, { expires_at: inHalfAnHour });
    expect(credential.expires_at).toBe(inHalfAnHour);
    expect((await login()).body.token.expires_at.slice(0, 23)).toBe(inHalfAnHour.slice(0, 23));
    for (const expiry of ['2020-01-01T00:00:00', 'tomorrow-ish', '2030-13-01T00:00:00']) {
      await caller(world, xia.token).post(credentialsOf(xia), 400, { application_credential: { name: 'late', expires_at: expiry } });
    }
    world.clock.advance(hours(0.5));
    expect((await login()).status).toBe(401);
  });

  it('cannot pass on more than the token has, for others, or by a restricted robot', async () => {
    const yan = await world.person('yan', 'yan-project', ['member']);
    const zoe = await world.person('zoe', 'zoe-project', ['member']);
    const user = caller(world, yan.token);
    await user.post(credentialsOf(yan), 400, { application_credential: { name: 'x', roles: [{ name: 'admin' }] } });
    await user.post(credentialsOf(zoe), 403, { application_credential: { name: 'x' } });
    await caller(world, await world.admin()).post(credentialsOf(yan), 403, { application_credential: { name: 'x' } });
    const unscoped = caller(world, await world.login('yan', 'yan-secret', 'unscoped'));
    await unscoped.post(credentialsOf(yan), 403, { application_credential: { name: 'x' } });
    const restricted = caller(world, String((await (await robotOf(yan)).login()).headers['x-subject-token']));
    await restricted.post(credentialsOf(yan), 403, { application_credential: { name: 'x' } });
    await restricted.post('/credentials', 403, { credential: { type: 'ec2', blob: '{"access":"a","secret":"s"}', user_id: yan.userId, project_id: yan.projectId } });
    const free = caller(world, String((await (await robotOf(yan, { unrestricted: true })).login()).headers['x-subject-token']));
    await free.post(credentialsOf(yan), 201, { application_credential: { name: 'child' } });
    await user.post(credentialsOf(yan), 409, { application_credential: { name: 'child' } });
    expect((await user.get(credentialsOf(yan), 200)).application_credentials).toHaveLength(3);
    await user.get(credentialsOf(zoe), 403);
  });

  it('holds a robot to its access rules', async () => {
    const abe = await world.person('abe', 'abe-project', ['member']);
    const user = caller(world, abe.token);
    const { credential, login } = await robotOf(abe, { access_rules: [{ service: 'identity', method: 'GET', path: '/v3/regions' }, { service: 'identity', method: 'GET', path: '/v3/users/*/projects' }] });
    const robot = caller(world, String((await login()).headers['x-subject-token']));
    await robot.get('/regions', 200);
    await robot.get(`/users/${abe.userId}/projects`, 200);
    await robot.get('/regions/RegionOne', 401);
    await robot.get('/auth/catalog', 401);
    const rules = (await user.get(`/users/${abe.userId}/access_rules`, 200)).access_rules;
    expect(rules).toHaveLength(2);
    expect((await user.get(`/users/${abe.userId}/access_rules/${rules[0].id}`, 200)).access_rule).toMatchObject({ service: 'identity', path: '/v3/regions' });
    await user.delete(`/users/${abe.userId}/access_rules/${rules[0].id}`, 403);
    const again = await robotOf(abe, { access_rules: [{ id: rules[0].id }] });
    expect(again.credential.access_rules).toMatchObject([{ id: rules[0].id }]);
    for (const one of [credential, again.credential]) await user.delete(`${credentialsOf(abe)}/${one.id}`, 204);
    await user.delete(`/users/${abe.userId}/access_rules/${rules[0].id}`, 204);
    await user.delete(`/users/${abe.userId}/access_rules/${rules[0].id}`, 404);
    await user.post(credentialsOf(abe), 400, { application_credential: { name: 'x', access_rules: [{ service: 'compute' }] } });
    await user.post(credentialsOf(abe), 404, { application_credential: { name: 'x', access_rules: [{ id: 'no-such' }] } });
  });

  it('lets a trustee act for the trustor with what was passed on, as often as was allowed', async () => {
    const [bea, cal] = [await world.person('bea', 'bea-project', ['member']), await world.person('cal', 'cal-project', ['member'])];
    const trustor = caller(world, bea.token);
    const request = { trustor_user_id: bea.userId, trustee_user_id: cal.userId, project_id: bea.projectId, impersonation: false, roles: [{ name: 'reader' }], remaining_uses: 1 };
    const { trust } = await trustor.post('/OS-TRUST/trusts', 201, { trust: request });
    expect(trust).toMatchObject({ trustor_user_id: bea.userId, roles: [{ name: 'reader' }], expires_at: null, remaining_uses: 1, deleted_at: null });
    const useTrust = (id: string) => world.authenticate(byPassword('cal', 'cal-secret'), { 'OS-TRUST:trust': { id } });
    const first = await useTrust(trust.id);
    expect(first.body.token).toMatchObject({ user: { name: 'cal' }, project: { id: bea.projectId }, roles: [{ name: 'reader' }], 'OS-TRUST:trust': { id: trust.id, impersonation: false } });
    expect((await useTrust(trust.id)).status).toBe(401);
    expect((await world.authenticate(byPassword('bea', 'bea-secret'), { 'OS-TRUST:trust': { id: trust.id } })).status).toBe(401);
    const token = caller(world, String(first.headers['x-subject-token']));
    await token.get('/auth/catalog', 200);
    await token.post('/OS-TRUST/trusts', 403, { trust: { ...request, trustor_user_id: cal.userId } });
    await trustor.delete(`/OS-TRUST/trusts/${trust.id}`, 204);
    await token.get('/auth/catalog', 401);
    await trustor.get(`/OS-TRUST/trusts/${trust.id}`, 404);
    const widened = { ...request, roles: [{ name: 'member' }], remaining_uses: null };
    const narrow = await robotOf(bea, { unrestricted: true, roles: [{ name: 'reader' }] });
    await caller(world, String((await narrow.login()).headers['x-subject-token'])).post('/OS-TRUST/trusts', 403, { trust: widened });
    await trustor.post('/OS-TRUST/trusts', 201, { trust: widened });
    const { trust: posing } = await trustor.post('/OS-TRUST/trusts', 201, { trust: { ...request, impersonation: true, remaining_uses: null, expires_at: '2025-06-01T00:00:00Z' } });
    expect(posing.expires_at).toBe('2025-06-01T00:00:00.000000Z');
    const posed = await useTrust(posing.id);
    expect(posed.body.token).toMatchObject({ user: { name: 'bea' }, roles: [{ name: 'reader' }] });
    await caller(world, String(posed.headers['x-subject-token'])).post(credentialsOf(bea), 403, { application_credential: { name: 'for-ever' } });
  });

  it('shows trusts to both sides, and to administrators', async () => {
    const [dan, eli, flo] = [await world.person('dan', 'dan-project', ['member']), await world.person('eli', 'eli-project', ['member']), await world.person('flo', 'flo-project', ['member'])];
    const request = { trustor_user_id: dan.userId, trustee_user_id: eli.userId, project_id: dan.projectId, impersonation: true, roles: [{ name: 'member' }] };
    const [trustor, trustee, other] = [caller(world, dan.token), caller(world, eli.token), caller(world, flo.token)];
    const { trust } = await trustor.post('/OS-TRUST/trusts', 201, { trust: request });
    await trustee.get(`/OS-TRUST/trusts/${trust.id}`, 200);
    await other.get(`/OS-TRUST/trusts/${trust.id}`, 403);
    expect((await trustor.get(`/OS-TRUST/trusts?trustor_user_id=${dan.userId}`, 200)).trusts).toHaveLength(1);
    expect((await trustee.get(`/OS-TRUST/trusts?trustee_user_id=${eli.userId}`, 200)).trusts).toHaveLength(1);
    await other.get(`/OS-TRUST/trusts?trustor_user_id=${dan.userId}`, 403);
    await trustee.get('/OS-TRUST/trusts', 403);
    expect((await caller(world, await world.admin()).get('/OS-TRUST/trusts', 200)).trusts).toContainEqual(expect.objectContaining({ id: trust.id }));
    const member = await world.roleId('member');
    expect((await trustee.get(`/OS-TRUST/trusts/${trust.id}/roles`, 200)).roles).toMatchObject([{ id: member }]);
    await trustee.head(`/OS-TRUST/trusts/${trust.id}/roles/${member}`, 200);
    await trustee.get(`/OS-TRUST/trusts/${trust.id}/roles/${await world.roleId('admin')}`, 404);
    await trustee.delete(`/OS-TRUST/trusts/${trust.id}`, 403);
    await trustor.post('/OS-TRUST/trusts', 403, { trust: { ...request, roles: [{ name: 'admin' }] } });
    await trustor.post('/OS-TRUST/trusts', 403, { trust: { ...request, trustor_user_id: eli.userId } });
    await trustor.post('/OS-TRUST/trusts', 400, { trust: { ...request, expires_at: 'bad.123Z' } });
    await trustor.post('/OS-TRUST/trusts', 404, { trust: { ...request, trustee_user_id: 'nobody' } });
  });

  it('keeps credentials sealed, for their owner and administrators', async () => {
    const [gil, hal] = [await world.person('gil2', 'gil2-project', ['member']), await world.person('hal', 'hal-project', ['member'])];
    const [user, other, admin] = [caller(world, gil.token), caller(world, hal.token), caller(world, await world.admin())];
    const { credential } = await user.post('/credentials', 201, { credential: { type: 'cert', blob: 'very secret blob', user_id: gil.userId } });
    const [row] = await world.db.sql<{ sealed_blob: Buffer }>`SELECT sealed_blob FROM credential WHERE id = ${credential.id}`;
    expect(row!.sealed_blob.includes('very secret')).toBe(false);
    expect((await user.get(`/credentials/${credential.id}`, 200)).credential).toMatchObject({ blob: 'very secret blob', project_id: null });
    await other.get(`/credentials/${credential.id}`, 403);
    expect((await other.get('/credentials', 200)).credentials).toEqual([]);
    expect((await user.get('/credentials?type=cert', 200)).credentials).toHaveLength(1);
    expect((await admin.get(`/credentials?user_id=${gil.userId}`, 200)).credentials).toHaveLength(1);
    await other.post('/credentials', 403, { credential: { type: 'cert', blob: 'x', user_id: gil.userId } });
    await user.patch(`/credentials/${credential.id}`, 403, { credential: { user_id: hal.userId } });
    expect((await user.patch(`/credentials/${credential.id}`, 200, { credential: { blob: 'new' } })).credential.blob).toBe('new');
    await user.delete(`/credentials/${credential.id}`, 204);
    await user.get(`/credentials/${credential.id}`, 403);
    await admin.get(`/credentials/${credential.id}`, 404);
    const ec2 = { type: 'ec2', blob: '{"access":"AK","secret":"s"}', user_id: gil.userId };
    await user.post('/credentials', 400, { credential: ec2 });
    await user.post('/credentials', 400, { credential: { ...ec2, project_id: gil.projectId, blob: 'no json' } });
    expect((await user.post('/credentials', 201, { credential: { ...ec2, project_id: gil.projectId } })).credential.id).toMatch(/^[0-9a-f]{64}$/);
    await user.post('/credentials', 409, { credential: { ...ec2, project_id: gil.projectId } });
  });
});
