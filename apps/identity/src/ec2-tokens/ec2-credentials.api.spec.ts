import 'reflect-metadata';
import { createHash, createHmac } from 'node:crypto';
import { AccessKeys, MasterKey, TokenVerifier } from '@virga/identity-client';
import { minutes } from '@virga/kernel';
import { byPassword, caller, onProject, useIdentity, type Answer, type TestCaller } from '../testing/index.js';

interface Person {
  userId: string;
  projectId: string;
  token: string;
}

interface Key {
  access: string;
  secret: string;
}

describe('EC2 credentials', () => {
  const world = useIdentity();
  let service: TestCaller;
  beforeAll(async () => {
    service = caller(world, (await world.person('swift', 'service', ['service'])).token);
  });

  const keysOf = ({ userId }: Person) => `/users/${userId}/credentials/OS-EC2`;
  const newKey = async (person: Person, by = caller(world, person.token), projectId = person.projectId): Promise<Key> =>
    (await by.post(keysOf(person), 201, { tenant_id: projectId })).credential as Key;

  const STRING_TO_SIGN = 'AWS4-HMAC-SHA256\n20250101T000000Z\n20250101/RegionOne/s3/aws4_request\nhash';
  const v4 = (secret: string, text = STRING_TO_SIGN) => {
    const key = ['20250101', 'RegionOne', 's3', 'aws4_request'].reduce<string | Buffer>((parent, part) => createHmac('sha256', parent).update(part).digest(), `AWS4${secret}`);
    return createHmac('sha256', key).update(text).digest('hex');
  };
  const s3 = ({ access, secret }: Key, status: number, over: object = {}) =>
    service.post('/s3tokens', status, { credentials: { access, token: Buffer.from(STRING_TO_SIGN).toString('base64url'), signature: v4(secret), ...over } });

  const v2 = ({ access, secret }: Key, timestamp = new Date(world.clock.now()).toISOString()) => {
    const params = { AWSAccessKeyId: access, Action: 'X', SignatureMethod: 'HmacSHA256', SignatureVersion: '2', Timestamp: timestamp };
    const query = Object.entries(params).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    const signature = createHmac('sha256', secret).update(`POST\nec2.example\n/\n${query}`).digest('base64');
    return { access, signature, verb: 'POST', host: 'ec2.example:8773', path: '/', params };
  };

  it('are made, listed, shown and deleted by their user, as credentials of the type ec2 too', async () => {
    const [ann, bob] = [await world.person('ann', 'ann-project', ['member']), await world.person('bob', 'bob-project', ['member'])];
    const [user, other, admin] = [caller(world, ann.token), caller(world, bob.token), caller(world, await world.admin())];
    const { credential: made } = await user.post(keysOf(ann), 201, { tenant_id: ann.projectId });
    expect(made).toEqual({
      access: expect.stringMatching(/^[0-9a-f]{32}$/), secret: expect.stringMatching(/^[0-9a-f]{40}$/), user_id: ann.userId, tenant_id: ann.projectId, trust_id: null,
      links: { self: expect.stringContaining(`/v3${keysOf(ann)}/${made.access}`) },
    });
    expect((await user.get(keysOf(ann), 200)).credentials).toEqual([made]);
    expect((await user.get(`${keysOf(ann)}/${made.access}`, 200)).credential).toEqual(made);

    const id = createHash('sha256').update(made.access as string).digest('hex');
    const { credential } = await user.get(`/credentials/${id}`, 200);
    expect(credential).toMatchObject({ id, type: 'ec2', user_id: ann.userId, project_id: ann.projectId });
    expect(JSON.parse(credential.blob as string)).toEqual({ access: made.access, secret: made.secret, trust_id: null });
    const kept = (await world.db.sql<{ text: string }>`SELECT c::text || encode(c.sealed_blob, 'escape') AS text FROM credential c WHERE id = ${id}`)[0]?.text;
    expect(kept).toContain(id);
    expect(kept).not.toContain(made.secret);
    expect(kept).not.toContain(made.access);

    await other.get(`${keysOf(ann)}/${made.access}`, 403);
    await other.get(`${keysOf(ann)}/no-such`, 403);
    await other.get(`${keysOf(bob)}/${made.access}`, 404);
    await other.delete(`${keysOf(bob)}/${made.access}`, 404);
    await other.get(keysOf(ann), 403);
    await other.post(keysOf(ann), 403, { tenant_id: ann.projectId });
    await admin.get(`${keysOf(ann)}/no-such`, 404);
    await admin.get('/users/nobody/credentials/OS-EC2', 404);
    await admin.post('/users/nobody/credentials/OS-EC2', 404, { tenant_id: ann.projectId });
    await user.post(keysOf(ann), 404, { tenant_id: 'no-such' });
    await user.post(keysOf(ann), 404, { tenant_id: 'default' });
    await user.post(keysOf(ann), 400, {});
    await user.delete(`${keysOf(ann)}/${made.access}`, 204);
    await user.get(`${keysOf(ann)}/${made.access}`, 404);
    await user.delete(`${keysOf(ann)}/${made.access}`, 404);
  });

  it('kept as credentials of the type ec2 are access keys', async () => {
    const cyd = await world.person('cyd', 'cyd-project', ['member']);
    const user = caller(world, cyd.token);
    const { credential } = await user.post('/credentials', 201, { credential: { type: 'ec2', blob: '{"access":"CYD","secret":"s1"}', user_id: cyd.userId, project_id: cyd.projectId } });
    expect((await user.get(`${keysOf(cyd)}/CYD`, 200)).credential).toMatchObject({ access: 'CYD', secret: 's1', trust_id: null });
    await s3({ access: 'CYD', secret: 's1' }, 200);
    await user.patch(`/credentials/${credential.id}`, 200, { credential: { blob: '{"access":"CYD","secret":"s2"}' } });
    await s3({ access: 'CYD', secret: 's1' }, 401);
    await s3({ access: 'CYD', secret: 's2' }, 200);
    await user.patch(`/credentials/${credential.id}`, 400, { credential: { blob: '{"access":"CYD","secret":"s2","trust_id":"t"}' } });
    await user.patch(`/credentials/${credential.id}`, 400, { credential: { blob: 'no json' } });
    await user.post('/credentials', 400, { credential: { type: 'ec2', blob: '{"access":"x","secret":"s","app_cred_id":"c"}', user_id: cyd.userId, project_id: cyd.projectId } });
    await user.delete(`${keysOf(cyd)}/CYD`, 204);
    await s3({ access: 'CYD', secret: 's2' }, 401);
  });

  it('give a service the token of a signed request', async () => {
    const dee = await world.person('dee', 'dee-project', ['member']);
    const key = await newKey(dee);
    for (const name of ['credentials', 'credential', 'ec2Credentials']) {
      const answer = await world.ask(await tokenOf('swift'), 'POST', '/ec2tokens', { [name]: v2(key) });
      expect(answer).toMatchObject({ status: 200, body: { token: { methods: ['ec2credential'], user: { id: dee.userId }, project: { id: dee.projectId }, catalog: expect.any(Array) } } });
      expect(answer.body.token.roles.map((role: { name: string }) => role.name)).toEqual(['member', 'reader']);
      const token = String(answer.headers['x-subject-token']);
      expect((await world.ask(token, 'GET', '/auth/projects')).body.projects).toMatchObject([{ id: dee.projectId }]);
    }
  });

  it('tell a service whose a signed text is, without the token', async () => {
    const eve = await world.person('eve', 'eve-project', ['member']);
    const key = await newKey(eve);
    expect((await s3(key, 200)).token).toMatchObject({ methods: ['ec2credential'], user: { id: eve.userId }, project: { id: eve.projectId } });
    await s3(key, 200, { token: Buffer.from('GET\n').toString('base64'), signature: createHmac('sha1', key.secret).update('GET\n').digest('base64') });
    const answer = await world.ask(await tokenOf('swift'), 'POST', '/s3tokens', { credentials: { access: key.access, token: Buffer.from('GET').toString('base64'), signature: createHmac('sha1', key.secret).update('GET').digest('base64') } });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-subject-token']).toBeUndefined();
  });

  it('answer alike to an unknown key, a wrong signature, an old request and a user who may do nothing any more', async () => {
    const [fay, gus] = [await world.person('fay', 'fay-project', ['member']), await world.person('gus', 'fay-project', ['member'])];
    const [key, off] = [await newKey(fay), await newKey(gus)];
    const admin = caller(world, await world.admin());
    await admin.patch(`/users/${gus.userId}`, 200, { user: { enabled: false } });
    const at = (offset: number) => new Date(world.clock.now() + offset).toISOString();
    const bodies: object[] = [
      { ...v2(key), access: 'no-such' }, { ...v2(key), signature: 'wrong' }, { ...v2(key), path: '/else' }, v2(off), v2(key, at(-minutes(16))), v2(key, at(minutes(16))),
      { ...v2(key), signature: undefined }, { ...v2(key), access: undefined }, { ...v2(key), params: {} }, {},
    ];
    const token = await tokenOf('swift');
    const answers: Answer[] = [];
    for (const credentials of bodies) answers.push(await world.ask(token, 'POST', '/ec2tokens', { credentials }));
    for (const credentials of [{ access: 'no-such', token: '', signature: 'x' }, { access: key.access, token: 'R0VU', signature: 'x' }, { access: key.access, signature: createHmac('sha1', key.secret).update('').digest('base64') }]) {
      answers.push(await world.ask(token, 'POST', '/s3tokens', { credentials }));
    }
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body])))).toEqual(new Set([
      JSON.stringify([401, { error: { code: 401, message: 'The request you have made requires authentication.', title: 'Unauthorized' } }]),
    ]));
    expect((await world.ask(token, 'POST', '/ec2tokens', { credentials: v2(key) })).status).toBe(200);
  });

  it('made under an application credential keep its roles and end with it', async () => {
    const hal = await world.person('hal', 'hal-project', ['member']);
    const user = caller(world, hal.token);
    const robot = async (attributes: object) => {
      const { application_credential: made } = await user.post(`/users/${hal.userId}/application_credentials`, 201, { application_credential: attributes });
      const login = await world.authenticate({ methods: ['application_credential'], application_credential: { id: made.id, secret: made.secret } });
      return { id: made.id as string, token: String(login.headers['x-subject-token']) };
    };
    await caller(world, (await robot({ name: 'restricted' })).token).post(keysOf(hal), 403, { tenant_id: hal.projectId });
    const [narrow, wide] = [await robot({ name: 'narrow', unrestricted: true, roles: [{ name: 'reader' }] }), await robot({ name: 'wide', unrestricted: true })];
    await caller(world, narrow.token).post(keysOf(hal), 403, { tenant_id: hal.projectId });
    const by = caller(world, wide.token);
    const key = await newKey(hal, by);
    const other = await world.person('hal', 'hal-other', ['member']);
    await by.post(keysOf(hal), 403, { tenant_id: other.projectId });
    expect((await s3(key, 200)).token).toMatchObject({ application_credential: { id: wide.id }, roles: [{ name: 'member' }, { name: 'reader' }] });
    const { credential } = await by.post('/credentials', 201, { credential: { type: 'ec2', blob: '{"access":"HAL","secret":"s"}', user_id: hal.userId, project_id: hal.projectId } });
    expect(JSON.parse(credential.blob as string)).toEqual({ access: 'HAL', secret: 's', app_cred_id: wide.id });
    await user.patch(`/credentials/${credential.id}`, 400, { credential: { blob: '{"access":"HAL","secret":"s"}' } });
    await user.delete(`/users/${hal.userId}/application_credentials/${wide.id}`, 204);
    await s3(key, 401);
    await s3({ access: 'HAL', secret: 's' }, 401);
  });

  it('made under a trust keep its roles, and show only themselves to its holder', async () => {
    const [ida, jon] = [await world.person('ida', 'ida-project', ['manager']), await world.person('jon', 'jon-project', ['member'])];
    const own = await newKey(ida);
    const request = { trustor_user_id: ida.userId, trustee_user_id: jon.userId, project_id: ida.projectId, impersonation: true, roles: [{ name: 'member' }] };
    const trusted = async (over: object = {}) => {
      const { trust } = await caller(world, ida.token).post('/OS-TRUST/trusts', 201, { trust: { ...request, ...over } });
      const login = await world.authenticate(byPassword('jon', 'jon-secret'), { 'OS-TRUST:trust': { id: trust.id } });
      return { id: trust.id as string, by: caller(world, String(login.headers['x-subject-token'])) };
    };
    const { id, by } = await trusted();
    const key = await newKey(ida, by);
    expect(key).toMatchObject({ trust_id: id, user_id: ida.userId });
    expect((await s3(own, 200)).token.roles.map((role: { name: string }) => role.name)).toContain('manager');
    expect((await s3(key, 200)).token).toMatchObject({ user: { id: ida.userId }, roles: [{ name: 'member' }, { name: 'reader' }], 'OS-TRUST:trust': { id } });

    expect((await by.get(keysOf(ida), 200)).credentials).toMatchObject([{ access: key.access }]);
    expect((await by.get('/credentials', 200)).credentials).toHaveLength(1);
    await by.get(`${keysOf(ida)}/${own.access}`, 403);
    await by.delete(`${keysOf(ida)}/${own.access}`, 403);
    expect((await caller(world, ida.token).get(keysOf(ida), 200)).credentials).toHaveLength(2);

    await (await trusted({ remaining_uses: 5 })).by.post(keysOf(ida), 403, { tenant_id: ida.projectId });
    await caller(world, ida.token).delete(`/OS-TRUST/trusts/${id}`, 204);
    await s3(key, 401);
    await s3(own, 200);
  });

  it('are found by a service that has the master key, and not a second after what they rest on is gone', async () => {
    const lou = await world.person('lou', 'lou-project', ['member']);
    const user = caller(world, lou.token);
    const [one, two] = [await newKey(lou), await newKey(lou)];
    const keys = new AccessKeys(world.db, new TokenVerifier(world.db, world.clock), world.clock, world.app.get(MasterKey, { strict: false }));
    const found = await keys.find(one.access, 'req-1');
    expect(found).toMatchObject({ secret: Buffer.from(one.secret), caller: { userId: lou.userId, projectId: lou.projectId, roles: new Set(['member', 'reader']) } });
    await user.delete(`${keysOf(lou)}/${one.access}`, 204);
    expect(await keys.find(one.access, 'req-2')).toBeUndefined();
    expect(await keys.find(two.access, 'req-2')).toBeDefined();
    await caller(world, await world.admin()).delete(`/projects/${lou.projectId}/users/${lou.userId}/roles/${await world.roleId('member')}`, 204);
    expect(await keys.find(two.access, 'req-3')).toBeUndefined();
  });

  it('go with their user and their project', async () => {
    const kim = await world.person('kim', 'kim-project', ['member']);
    const second = await world.person('kim', 'kim-second', ['member']);
    const [one, two] = [await newKey(kim), await newKey(second)];
    const admin = caller(world, await world.admin());
    await admin.delete(`/projects/${kim.projectId}`, 204);
    await s3(one, 401);
    await s3(two, 200);
    await admin.delete(`/users/${kim.userId}`, 204);
    await s3(two, 401);
    expect(await world.db.sql`SELECT FROM credential WHERE user_id = ${kim.userId}`).toEqual([]);
  });

  function tokenOf(name: string): Promise<string> {
    return world.login(name, `${name}-secret`, onProject('service'));
  }
});
