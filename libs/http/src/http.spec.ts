import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { closed, endpoint, field, open, reply, rule, T, type InputOf } from '@virga/contract';
import { anonymous, Unauthenticated, type Caller, type UserId } from '@virga/kernel';
import { ObservabilityModule, silentLogger } from '@virga/observability';
import { Policy, PolicyModule } from '@virga/policy';
import type { INestApplicationContext } from '@nestjs/common';
import { Authenticator, Endpoint, HttpModule, HttpServers, novaDialect } from './index.js';

const anyone = rule('toy:anyone', { check: '@', describe: 'Anyone.' });
const nobody = rule('toy:nobody', { check: '!', describe: 'Nobody.' });

const Toy = closed({
  name: T.String({ minLength: 1, maxLength: 5 }),
  color: field(T.Optional(T.String()), { since: '2.2' }),
  size: field(T.Optional(T.Integer({ minimum: 0 })), { since: '2.3', requiredSince: '2.5' }),
});
const createToy = endpoint({ route: 'POST /toys', summary: 'Make a toy', body: closed({ toy: Toy }), view: closed({ toy: Toy }), replies: { 200: { until: '2.1' }, 201: { since: '2.2' } }, policy: anyone });
const listToys = endpoint({ route: 'GET /toys', summary: 'List toys', query: open({ limit: T.Optional(T.Integer()) }), view: T.Object({ limit: T.Any(), name: T.Any() }), replies: 200, policy: anyone });
const showToy = endpoint({ route: 'GET /toys/{toy_id}', summary: 'Show', since: '2.4', view: T.Object({ id: T.String() }), replies: 200, policy: nobody });
const forgetful = endpoint({ route: 'GET /forgetful', summary: 'Consults no rule', view: T.Object({}), replies: 200, policy: anyone });
const wind = endpoint({ route: 'POST /toys/{toy_id}/action', action: 'wind', summary: 'Wind', body: closed({ wind: T.Null() }), replies: 202, policy: anyone });
const paint = endpoint({ route: 'POST /toys/{toy_id}/action', action: 'paint', summary: 'Paint', body: closed({ paint: closed({ color: T.String() }) }), replies: 202, policy: anyone });
const versions = endpoint({ route: 'GET /', summary: 'Versions', atRoot: true, view: T.Object({ versions: T.Any() }), replies: { 300: {} }, policy: 'public' });
const endpoints = { createToy, listToys, showToy, forgetful, wind, paint, versions };

@Controller()
class ToysController {
  constructor(private readonly policy: Policy) {}

  @Endpoint(createToy)
  create({ caller, body }: InputOf<typeof createToy>) {
    this.policy.require(caller, createToy.policy);
    return { toy: { color: 'red', size: 1, ...body.toy } };
  }

  @Endpoint(listToys)
  list({ caller, query }: InputOf<typeof listToys>) {
    this.policy.require(caller, listToys.policy);
    return { limit: query.limit, name: (query as Record<string, unknown>)['name'] };
  }

  @Endpoint(showToy)
  show({ caller, params }: InputOf<typeof showToy>) {
    this.policy.require(caller, showToy.policy);
    return { id: params['toy_id'] as string };
  }

  @Endpoint(forgetful)
  forget() {
    return {};
  }

  @Endpoint(wind)
  wind({ caller }: InputOf<typeof wind>) {
    this.policy.require(caller, wind.policy);
    return reply(undefined, { headers: { 'x-wound': 'yes' } });
  }

  @Endpoint(paint)
  paint({ caller }: InputOf<typeof paint>) {
    this.policy.require(caller, paint.policy);
  }

  @Endpoint(versions)
  versions() {
    return { versions: [] };
  }
}

class OneToken extends Authenticator {
  async authenticate(headers: Readonly<Record<string, string | string[] | undefined>>, requestId: string): Promise<Caller> {
    if (headers['x-auth-token'] !== 'good') throw new Unauthenticated('token.invalid', 'The request you have made requires authentication.');
    return { ...anonymous(requestId), userId: 'u1' as UserId };
  }
}

@Module({ providers: [{ provide: Authenticator, useClass: OneToken }], exports: [Authenticator] })
class AuthenticationModule {}

@Module({
  imports: [
    ObservabilityModule.forRoot(silentLogger),
    PolicyModule.forRoot({ rules: [anyone, nobody] }),
    { module: AuthenticationModule, global: true },
    HttpModule.forRoot([{
      name: 'compute', endpoints, basePath: '/v2.1', dialect: novaDialect, listen: { host: '127.0.0.1', port: 0 }, authUrl: 'http://identity',
      versions: { serviceType: 'compute', legacyHeader: 'X-OpenStack-Nova-API-Version', min: '2.1', max: '2.10' }, bodyLimit: 2_000,
    }]),
  ],
  controllers: [ToysController],
})
class ToyService {}

describe('an API', () => {
  let app: INestApplicationContext;
  beforeAll(async () => {
    app = await NestFactory.createApplicationContext(ToyService, { logger: false });
  });
  afterAll(() => app.close());

  async function ask(method: 'GET' | 'POST' | 'PUT' | 'HEAD', url: string, options: { version?: string; headers?: Record<string, string>; body?: unknown; text?: string } = {}) {
    const answer = await app.get(HttpServers).server('compute').inject({
      method, url,
      headers: {
        'x-auth-token': 'good',
        ...(options.version !== undefined && { 'openstack-api-version': `compute ${options.version}` }),
        ...((options.body !== undefined || options.text !== undefined) && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body !== undefined && { payload: JSON.stringify(options.body) }),
      ...(options.text !== undefined && { payload: options.text }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? undefined : JSON.parse(answer.body) as Record<string, unknown> };
  }

  it('shows only the fields that the negotiated version knows, under its status', async () => {
    expect(await ask('POST', '/v2.1/toys', { body: { toy: { name: 'ball' } } })).toMatchObject({ status: 200, body: { toy: { name: 'ball' } } });
    const newer = await ask('POST', '/v2.1/toys', { version: '2.3', body: { toy: { name: 'ball' } } });
    expect(newer).toMatchObject({ status: 201, body: { toy: { name: 'ball', color: 'red', size: 1 } } });
    expect(newer.headers).toMatchObject({ 'openstack-api-version': 'compute 2.3', 'x-openstack-nova-api-version': '2.3' });
    expect(String(newer.headers['vary'])).toContain('OpenStack-API-Version');
  });

  it('refuses fields of later versions and misses required ones, naming them', async () => {
    expect(await ask('POST', '/v2.1/toys', { body: { toy: { name: 'ball', color: 'blue' } } })).toMatchObject({
      status: 400, body: { badRequest: { code: 400, message: expect.stringContaining("'color' was unexpected") } },
    });
    expect(await ask('POST', '/v2.1/toys', { version: '2.5', body: { toy: { name: 'ball' } } })).toMatchObject({
      status: 400, body: { badRequest: { message: expect.stringContaining("'size' is a required property") } },
    });
  });

  it('negotiates by either header, knows latest, and refuses what it does not speak', async () => {
    expect((await ask('GET', '/v2.1/toys', { headers: { 'x-openstack-nova-api-version': '2.4' } })).headers['openstack-api-version']).toBe('compute 2.4');
    expect((await ask('GET', '/v2.1/toys', { version: 'latest' })).headers['openstack-api-version']).toBe('compute 2.10');
    expect((await ask('GET', '/v2.1/toys', { version: '2.11' })).status).toBe(406);
    expect((await ask('GET', '/v2.1/toys', { version: '2.x' })).status).toBe(400);
    expect((await ask('GET', '/v2.1/toys', { headers: { 'openstack-api-version': 'volume 3.9' } })).headers['openstack-api-version']).toBe('compute 2.1');
  });

  it('hides endpoints of later versions, and forbids by policy where they exist', async () => {
    expect((await ask('GET', '/v2.1/toys/1', { version: '2.3' })).status).toBe(404);
    expect(await ask('GET', '/v2.1/toys/1', { version: '2.4' })).toMatchObject({ status: 403, body: { forbidden: { code: 403 } } });
  });

  it('chooses actions by the key of the body', async () => {
    const wound = await ask('POST', '/v2.1/toys/1/action', { body: { wind: null } });
    expect(wound).toMatchObject({ status: 202, body: undefined });
    expect(wound.headers['x-wound']).toBe('yes');
    expect((await ask('POST', '/v2.1/toys/1/action', { body: { paint: { color: 1 } } })).status).toBe(400);
    expect(await ask('POST', '/v2.1/toys/1/action', { body: { fly: null } })).toMatchObject({ status: 400, body: { badRequest: { message: 'There is no such action: fly' } } });
    expect((await ask('POST', '/v2.1/toys/1/action', { body: { wind: null, paint: {} } })).status).toBe(400);
    expect((await ask('POST', '/v2.1/toys/1/action', { body: [] })).status).toBe(400);
  });

  it('converts query strings and passes unknown filters on where the contract is open', async () => {
    expect((await ask('GET', '/v2.1/toys?limit=7&name=a&name=b')).body).toEqual({ limit: 7, name: ['a', 'b'] });
    expect((await ask('GET', '/v2.1/toys?limit=seven')).status).toBe(400);
  });

  it('asks for a token, except where the endpoint is public', async () => {
    const refused = await ask('GET', '/v2.1/toys', { headers: { 'x-auth-token': 'bad' } });
    expect(refused).toMatchObject({ status: 401, body: { error: { code: 401 } } });
    expect(refused.headers['www-authenticate']).toBe('Keystone uri="http://identity"');
    expect((await ask('GET', '/', { headers: { 'x-auth-token': 'bad' } })).status).toBe(300);
  });

  it('answers 404 and 405 in its own words', async () => {
    expect(await ask('GET', '/v2.1/nothing')).toMatchObject({ status: 404, body: { itemNotFound: { code: 404 } } });
    const refused = await ask('PUT', '/v2.1/toys', { body: {} });
    expect(refused.status).toBe(405);
    expect(refused.headers['allow']).toBe('POST, GET');
    expect((await ask('HEAD', '/v2.1/toys')).status).toBe(200);
  });

  it('refuses bodies that are broken, too large, too deep, not JSON or not storable', async () => {
    expect((await ask('POST', '/v2.1/toys', { text: '{' })).status).toBe(400);
    expect((await ask('POST', '/v2.1/toys', { text: JSON.stringify({ toy: 'x'.repeat(3_000) }) })).status).toBe(413);
    expect((await ask('POST', '/v2.1/toys', { text: '['.repeat(500) + ']'.repeat(500) })).status).toBe(400);
    expect((await ask('POST', '/v2.1/toys', { text: 'hello', headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await ask('POST', '/v2.1/toys', { text: '{"toy":{"name":"a\\u0000"}}' })).status).toBe(400);
    expect((await ask('POST', '/v2.1/toys', { text: '{"toy":{"name":"\\ud800"}}' })).status).toBe(400);
    expect((await ask('GET', '/v2.1/toys?name=%00')).status).toBe(400);
    expect((await ask('GET', '/v2.1/toys/%00', { version: '2.4' })).status).toBe(400);
    expect((await ask('GET', '/v2.1/toys/%zz', { version: '2.4' })).status).toBe(400);
  });

  it('takes a request in which no rule was consulted for a bug, and tells nothing but the request id', async () => {
    const answer = await ask('GET', '/v2.1/forgetful');
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).toContain(String(answer.headers['x-openstack-request-id']));
    expect(JSON.stringify(answer.body)).not.toContain('forgetful');
  });
});
