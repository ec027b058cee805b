import { randomUUID } from 'node:crypto';
import { seconds } from '@virga/kernel';
import { personaIdentity, useObjectStorage } from '../testing/index.js';
import { demoAccount, md5, otherAccount, swiftAuthentication, swiftClient, type SwiftCall } from './testing/index.js';

describe('Swift', () => {
  const storage = useObjectStorage({ authentication: personaIdentity(swiftAuthentication) });
  const call = swiftClient(storage);
  const alice = (line: string, more: SwiftCall = {}) => call(line, { as: 'alice', ...more });
  let container: string;

  beforeEach(async () => {
    container = `/v1/${demoAccount}/${randomUUID()}`;
    expect((await alice(`PUT ${container}`)).status).toBe(201);
  });

  describe('every answer', () => {
    it('names its transaction, twice and in Swift\'s form, refusals too', async () => {
      for (const line of [`GET ${container}`, `GET ${container}/none`, 'GET /info', `PUT /v1/${otherAccount}/c`, 'GET /v1/%FF']) {
        const { headers } = await alice(line);
        expect(headers.get('x-trans-id')).toMatch(/^tx[0-9a-f]{21}-[0-9a-f]{10}$/);
        expect(headers.get('x-openstack-request-id')).toBe(headers.get('x-trans-id'));
      }
    });

    it('words a refusal as Swift does', async () => {
      const { status, headers, text } = await alice(`GET ${container}/none`);
      expect([status, headers.get('content-type'), text]).toEqual([404, 'text/html; charset=UTF-8', '<html><h1>Not Found</h1><p>The resource could not be found.</p></html>']);
      const unknown = await alice(`PATCH ${container}`);
      expect([unknown.status, unknown.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, POST, DELETE, OPTIONS']);
    });
  });

  describe('an account', () => {
    it('is there, empty, before anything was written to it', async () => {
      const { status, headers } = await call(`GET /v1/${otherAccount}`, { as: 'bob' });
      expect([status, headers.get('x-account-container-count'), headers.get('x-account-bytes-used')]).toEqual([204, '0', '0']);
    });

    it('counts what its containers hold, in all and by policy', async () => {
      await call(`PUT /v1/${otherAccount}/gold`, { as: 'bob' });
      await call(`PUT /v1/${otherAccount}/silver`, { as: 'bob', headers: { 'x-storage-policy': 'silver' } });
      await call(`PUT /v1/${otherAccount}/silver/o`, { as: 'bob', body: '12345' });
      const { headers } = await call(`HEAD /v1/${otherAccount}`, { as: 'bob' });
      const shown = ['x-account-container-count', 'x-account-object-count', 'x-account-bytes-used', 'x-account-storage-policy-silver-bytes-used', 'x-account-storage-policy-policy-0-object-count'];
      expect(shown.map((name) => headers.get(name))).toEqual(['2', '1', '5', '5', '0']);
    });

    it('keeps and removes headers', async () => {
      await alice(`POST /v1/${demoAccount}`, { headers: { 'x-account-meta-color': 'red', 'x-account-meta-size': '1' } });
      await alice(`POST /v1/${demoAccount}`, { headers: { 'x-remove-account-meta-color': 'x', 'x-account-meta-size': '' } });
      const { headers } = await alice(`HEAD /v1/${demoAccount}`);
      expect([headers.get('x-account-meta-color'), headers.get('x-account-meta-size')]).toEqual([null, null]);
    });
  });

  describe('a container', () => {
    it('is made once and then changed by PUT and POST', async () => {
      expect((await alice(`PUT ${container}`, { headers: { 'x-container-meta-a': '1' } })).status).toBe(202);
      expect((await alice(`POST ${container}`, { headers: { 'x-container-meta-b': '2' } })).status).toBe(204);
      const { headers } = await alice(`HEAD ${container}`);
      expect([headers.get('x-container-meta-a'), headers.get('x-container-meta-b'), headers.get('x-storage-policy')]).toEqual(['1', '2', 'Policy-0']);
    });

    it('keeps its policy', async () => {
      expect((await alice(`PUT ${container}`, { headers: { 'x-storage-policy': 'silver' } })).status).toBe(409);
      expect((await alice(`PUT ${container}x`, { headers: { 'x-storage-policy': 'none' } })).status).toBe(400);
    });

    it('goes only when it is empty', async () => {
      await alice(`PUT ${container}/o`, { body: 'x' });
      expect((await alice(`DELETE ${container}`)).status).toBe(409);
      await alice(`DELETE ${container}/o`);
      expect((await alice(`DELETE ${container}`)).status).toBe(204);
      expect((await alice(`DELETE ${container}`)).status).toBe(404);
    });

    it('lists names between ends, with folders, in either order', async () => {
      for (const name of ['a', 'b/1', 'b/2', 'b--x', 'c', 'ü']) await alice(`PUT ${container}/${encodeURIComponent(name)}`, { body: name });
      const list = async (query: string): Promise<string[]> => (await alice(`GET ${container}?${query}`)).text.split('\n').filter((line) => line !== '');
      expect(await list('')).toEqual(['a', 'b--x', 'b/1', 'b/2', 'c', 'ü']);
      expect(await list('delimiter=/')).toEqual(['a', 'b--x', 'b/', 'c', 'ü']);
      expect(await list('delimiter=--')).toEqual(['a', 'b--', 'b/1', 'b/2', 'c', 'ü']);
      expect(await list('prefix=b/&limit=1')).toEqual(['b/1']);
      expect(await list('marker=a&end_marker=c')).toEqual(['b--x', 'b/1', 'b/2']);
      expect(await list('marker=a%00&end_marker=c%00')).toEqual(['b--x', 'b/1', 'b/2', 'c']);
      expect(await list('reverse=true&limit=2')).toEqual(['ü', 'c']);
      expect(await list('path=b')).toEqual(['b/1', 'b/2']);
      expect((await alice(`GET ${container}?limit=10001`)).status).toBe(412);
      expect((await alice(`GET ${container}?prefix=none`)).status).toBe(204);
      expect((await alice(`GET ${container}?prefix=none&format=json`)).text).toBe('[]');
    });

    it('shows each object in JSON', async () => {
      await alice(`PUT ${container}/o`, { body: 'bytes', headers: { 'content-type': 'text/x' } });
      const [entry] = JSON.parse((await alice(`GET ${container}`, { headers: { accept: 'application/json' } })).text) as unknown[];
      expect(entry).toEqual({ name: 'o', hash: md5('bytes'), bytes: 5, content_type: 'text/x', last_modified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/) as string });
    });
  });

  describe('an object', () => {
    it('comes back as it was put', async () => {
      const put = await alice(`PUT ${container}/o`, { body: 'bytes', headers: { 'content-type': 'text/plain', 'x-object-meta-color': 'r\u00c3\u00b6d', 'content-disposition': 'inline', etag: md5('bytes') } });
      expect([put.status, put.headers.get('etag')]).toEqual([201, md5('bytes')]);
      const { status, headers, text } = await alice(`GET ${container}/o`);
      expect([status, text, headers.get('content-type'), headers.get('x-object-meta-color'), headers.get('content-disposition'), headers.get('accept-ranges'), headers.get('content-length')])
        .toEqual([200, 'bytes', 'text/plain', 'r\u00c3\u00b6d', 'inline', 'bytes', '5']);
    });

    it('is refused where its bytes are not those that were announced', async () => {
      expect((await alice(`PUT ${container}/o`, { body: 'bytes', headers: { etag: md5('other') } })).status).toBe(422);
      expect((await alice(`GET ${container}/o`)).status).toBe(404);
    });

    it('may come in chunks of unknown length', async () => {
      const body = new ReadableStream({ start: (stream) => { stream.enqueue(Buffer.from('one')); stream.enqueue(Buffer.from('two')); stream.close(); } });
      expect((await alice(`PUT ${container}/o`, { body })).status).toBe(201);
      expect((await alice(`GET ${container}/o`)).text).toBe('onetwo');
    });

    it('gets its type from its name where none is told', async () => {
      const types = await Promise.all(['a.txt', 'b.png', 'c'].map(async (name) => {
        await alice(`PUT ${container}/${name}`, { body: Buffer.from('x'), headers: { 'content-type': '', 'x-detect-content-type': 'true' } });
        return (await alice(`HEAD ${container}/${name}`)).headers.get('content-type');
      }));
      expect(types).toEqual(['text/plain', 'image/png', 'application/octet-stream']);
    });

    it('is answered in ranges, one or several', async () => {
      await alice(`PUT ${container}/o`, { body: '0123456789', headers: { 'content-type': 'text/plain' } });
      const read = (range: string) => alice(`GET ${container}/o`, { headers: { range } });
      const one = await read('bytes=2-4');
      expect([one.status, one.text, one.headers.get('content-range'), one.headers.get('content-length')]).toEqual([206, '234', 'bytes 2-4/10', '3']);
      expect((await read('bytes=-3')).text).toBe('789');
      const out = await read('bytes=20-');
      expect([out.status, out.headers.get('content-range')]).toEqual([416, 'bytes */10']);
      const several = await read('bytes=0-1,8-9');
      const boundary = /^multipart\/byteranges;boundary=(\w+)$/.exec(several.headers.get('content-type') ?? '')?.[1];
      expect(several.text).toBe([
        `--${boundary}`, 'Content-Type: text/plain', 'Content-Range: bytes 0-1/10', '', '01',
        `--${boundary}`, 'Content-Type: text/plain', 'Content-Range: bytes 8-9/10', '', '89', `--${boundary}--`,
      ].join('\r\n'));
      expect(several.headers.get('content-length')).toBe(String(several.text.length));
    });

    it('heeds conditions', async () => {
      const etag = (await alice(`PUT ${container}/o`, { body: 'x' })).headers.get('etag') as string;
      const status = async (headers: Record<string, string>, method = 'GET') => (await alice(`${method} ${container}/o`, { headers, ...(method === 'PUT' && { body: 'y' }) })).status;
      expect(await status({ 'if-none-match': etag })).toBe(304);
      expect(await status({ 'if-match': 'other' })).toBe(412);
      expect(await status({ 'if-none-match': '*' }, 'PUT')).toBe(412);
      expect(await status({ 'if-none-match': etag }, 'PUT')).toBe(400);
      expect((await alice(`GET ${container}/o`)).text).toBe('x');
    });

    it('has its ETag in quotes where the container or else the account wants it so', async () => {
      await alice(`PUT ${container}/o`, { body: 'x' });
      const etag = async () => (await alice(`GET ${container}/o`)).headers.get('etag');
      const [plain, quoted] = [md5('x'), `"${md5('x')}"`];
      const account = (flag: string) => alice(`POST /v1/${demoAccount}`, { headers: { 'x-account-rfc-compliant-etags': flag } });
      const own = (flag: string) => alice(`POST ${container}`, { headers: { 'x-container-rfc-compliant-etags': flag } });
      expect(await etag()).toBe(plain);
      await own('t');
      expect([await etag(), (await alice(`PUT ${container}/o`, { body: 'x' })).headers.get('etag')]).toEqual([quoted, quoted]);
      await own('');
      await account('true');
      expect(await etag()).toBe(quoted);
      await own('f');
      expect(await etag()).toBe(plain);
      await account('');
    });

    it('has its headers replaced by POST, but not its type', async () => {
      await alice(`PUT ${container}/o`, { body: 'x', headers: { 'content-type': 'text/a', 'x-object-meta-a': '1', 'cache-control': 'no-cache' } });
      expect((await alice(`POST ${container}/o`, { headers: { 'x-object-meta-b': '2' } })).status).toBe(202);
      const { headers } = await alice(`HEAD ${container}/o`);
      expect(['content-type', 'x-object-meta-a', 'x-object-meta-b', 'cache-control'].map((name) => headers.get(name))).toEqual(['text/a', null, '2', null]);
    });

    it('is gone when its time has come', async () => {
      await alice(`PUT ${container}/o`, { body: 'x', headers: { 'x-delete-after': '60' } });
      expect((await alice(`HEAD ${container}/o`)).headers.get('x-delete-at')).toBe(String(Math.floor(storage.clock.now() / 1000) + 60));
      expect((await alice(`DELETE ${container}/o`, { headers: { 'x-if-delete-at': '1' } })).status).toBe(412);
      storage.clock.advance(seconds(61));
      expect((await alice(`GET ${container}/o`)).status).toBe(404);
      expect((await alice(`DELETE ${container}/o`)).status).toBe(404);
    });

    it('needs a length, and a name and a size within the limits', async () => {
      expect((await alice(`PUT ${container}/${'n'.repeat(1025)}`, { body: 'x' })).status).toBe(400);
      expect((await alice(`PUT ${container}/o`, { body: 'x', headers: { 'x-delete-at': '1' } })).status).toBe(400);
      expect((await alice(`PUT ${container}/o`, { body: 'x', headers: { [`x-object-meta-${'n'.repeat(129)}`]: '1' } })).status).toBe(400);
    });
  });

  describe('a copy', () => {
    beforeEach(() => alice(`PUT ${container}/source`, { body: 'bytes', headers: { 'content-type': 'text/a', 'x-object-meta-a': '1', 'x-object-meta-b': '1' } }));
    const name = () => container.split('/').at(-1) as string;

    it('has the source\'s bytes and headers, changed by the request\'s', async () => {
      const { status, headers } = await alice(`COPY ${container}/source`, { headers: { destination: `${name()}/target`, 'x-object-meta-b': '2' } });
      expect([status, headers.get('x-copied-from'), headers.get('x-copied-from-account')]).toEqual([201, `${name()}/source`, demoAccount]);
      const target = await alice(`GET ${container}/target`);
      expect([target.text, target.headers.get('content-type'), target.headers.get('x-object-meta-a'), target.headers.get('x-object-meta-b')]).toEqual(['bytes', 'text/a', '1', '2']);
    });

    it('has only the request\'s headers where it is fresh, and a range where it was asked for', async () => {
      await alice(`PUT ${container}/target`, { headers: { 'x-copy-from': `/${name()}/source`, 'x-fresh-metadata': 'true', 'x-object-meta-c': '3', range: 'bytes=1-2' } });
      const target = await alice(`GET ${container}/target`);
      expect([target.text, target.headers.get('x-object-meta-a'), target.headers.get('x-object-meta-c')]).toEqual(['yt', null, '3']);
    });

    it('needs reading here and writing there', async () => {
      const to = `/v1/${otherAccount}/inbox`;
      await call(`PUT ${to}`, { as: 'bob' });
      const copy = () => alice(`COPY ${container}/source`, { headers: { destination: 'inbox/o', 'destination-account': otherAccount } });
      expect((await copy()).status).toBe(403);
      await call(`POST ${to}`, { as: 'bob', headers: { 'x-container-write': '*:user-alice' } });
      expect((await copy()).status).toBe(201);
      expect((await call(`GET ${to}/o`, { as: 'bob' })).text).toBe('bytes');
    });

    it('says what is wrong with where it goes', async () => {
      expect((await alice(`COPY ${container}/source`)).status).toBe(412);
      expect((await alice(`COPY ${container}/source`, { headers: { destination: 'no-object' } })).status).toBe(412);
      expect((await alice(`COPY ${container}/none`, { headers: { destination: `${name()}/o` } })).status).toBe(404);
      expect((await alice(`PUT ${container}/o`, { body: 'x', headers: { 'x-copy-from': `${name()}/source` } })).status).toBe(400);
    });
  });

  describe('quotas', () => {
    it('limit a container\'s bytes and objects', async () => {
      await alice(`POST ${container}`, { headers: { 'x-container-meta-quota-bytes': '10', 'x-container-meta-quota-count': '2' } });
      expect((await alice(`PUT ${container}/a`, { body: '123456' })).status).toBe(201);
      const over = await alice(`PUT ${container}/b`, { body: '123456' });
      expect([over.status, over.text]).toEqual([413, 'Upload exceeds quota.']);
      expect((await alice(`COPY ${container}/a`, { headers: { destination: `${container.split('/').at(-1)}/b` } })).status).toBe(413);
      expect((await alice(`PUT ${container}/b`, { body: '1' })).status).toBe(201);
      expect((await alice(`PUT ${container}/c`, { body: '' })).status).toBe(413);
      expect((await alice(`POST ${container}`, { headers: { 'x-container-meta-quota-bytes': 'many' } })).status).toBe(400);
    });

    it('hold for bodies of unknown length too', async () => {
      await alice(`POST ${container}`, { headers: { 'x-container-meta-quota-bytes': '4' } });
      const body = new ReadableStream({ start: (stream) => { stream.enqueue(Buffer.from('12345')); stream.close(); } });
      expect((await alice(`PUT ${container}/o`, { body })).status).toBe(413);
      expect((await alice(`GET ${container}/o`)).status).toBe(404);
    });

    it('limit an account\'s bytes where a reseller says so', async () => {
      const set = (as: 'alice' | 'reseller', value: string) => call(`POST /v1/${demoAccount}`, { as, headers: { 'x-account-meta-quota-bytes': value } });
      expect((await set('alice', '1')).status).toBe(403);
      expect((await set('reseller', 'x')).status).toBe(400);
      expect((await set('reseller', '1')).status).toBe(204);
      expect((await alice(`PUT ${container}/o`, { body: 'too much' })).status).toBe(413);
      await set('reseller', '');
      expect((await alice(`PUT ${container}/o`, { body: 'enough now' })).status).toBe(201);
    });

    it('limit an account\'s bytes by storage policy', async () => {
      const header = 'x-account-quota-bytes-policy-silver';
      expect((await call(`POST /v1/${demoAccount}`, { as: 'reseller', headers: { [header]: '3' } })).status).toBe(204);
      await alice(`PUT ${container}s`, { headers: { 'x-storage-policy': 'silver' } });
      expect((await alice(`PUT ${container}s/o`, { body: '1234' })).status).toBe(413);
      expect((await alice(`PUT ${container}/o`, { body: '1234' })).status).toBe(201);
      await call(`POST /v1/${demoAccount}`, { as: 'reseller', headers: { [`x-remove-${header.slice(2)}`]: 'x' } });
      expect((await alice(`PUT ${container}s/o`, { body: '1234' })).status).toBe(201);
    });
  });

  describe('pages of other origins', () => {
    const origin = 'http://page.test';

    it('are let in where the container names them', async () => {
      const preflight = () => call(`OPTIONS ${container}/o`, { headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a, x-b' } });
      expect((await preflight()).status).toBe(401);
      await alice(`POST ${container}`, { headers: { 'x-container-meta-access-control-allow-origin': `http://other.test ${origin}`, 'x-container-meta-access-control-max-age': '5' } });
      const { status, headers } = await preflight();
      expect([status, headers.get('access-control-allow-origin'), headers.get('access-control-max-age'), headers.get('access-control-allow-headers'), headers.get('vary')])
        .toEqual([200, origin, '5', 'x-a, x-b', 'Origin, Access-Control-Request-Headers']);
      expect(headers.get('access-control-allow-methods')).toBe('GET, HEAD, PUT, POST, DELETE, OPTIONS, COPY');
    });

    it('may see answers and refusals', async () => {
      await alice(`POST ${container}`, { headers: { 'x-container-meta-access-control-allow-origin': '*', 'x-container-meta-access-control-expose-headers': 'X-Special' } });
      const { status, headers } = await alice(`GET ${container}/none`, { headers: { origin } });
      expect([status, headers.get('access-control-allow-origin')]).toEqual([404, '*']);
      expect(headers.get('access-control-expose-headers')?.split(', ')).toEqual(expect.arrayContaining(['etag', 'x-trans-id', 'x-special']));
      expect((await alice(`GET ${container}`)).headers.get('access-control-allow-origin')).toBeNull();
    });
  });

  it('tells what it can', async () => {
    const info = JSON.parse((await call('GET /info')).text) as { swift: Record<string, unknown> };
    expect(info.swift).toMatchObject({ max_object_name_length: 1024, policies: [{ name: 'Policy-0', default: true, aliases: 'Policy-0' }, { name: 'silver' }] });
    expect((await call('GET /endpoints/v2/AUTH_x/c/o')).text).toBe('{"endpoints":["http://objects.test:8080/v1/AUTH_x/c/o"],"headers":{}}');
    expect((await call('GET /healthcheck')).text).toBe('OK');
    expect((await call('GET /crossdomain.xml')).text).toContain('<cross-domain-policy>');
  });
});
