import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { days, milliseconds, seconds, NotFound } from '@virga/kernel';
import { Metrics, silentLogger, type LogFields } from '@virga/observability';
import { harmlessQuery } from './access-log.js';
import type { FrontReply, FrontRequest } from './front.js';
import { FrontServer, frontLimits } from './index.js';
import { isForS3 } from './which-api.js';

const settings = { region: 'R', publicUrl: '', bucketDomains: ['objects.test'], policies: [], rootKeyLifetime: days(90) };

describe('the front door', () => {
  let front: FrontServer;
  let answer: (request: FrontRequest) => FrontReply | Promise<FrontReply>;
  const logged: LogFields[] = [];
  const api = (name: string) => ({
    answer: async (request: FrontRequest) => ({ ...await answer(request), headers: { api: name } }),
    fault: (error: unknown): FrontReply => ({ status: (error as NotFound).status ?? 500, headers: {}, body: (error as Error).message }),
  });
  const plain = { answer: async (request: FrontRequest) => answer(request), fault: api('').fault };

  beforeAll(async () => {
    front = new FrontServer(
      { listen: { host: '127.0.0.1', port: 0 }, limits: { ...frontLimits, headersMs: seconds(1), idleMs: milliseconds(150) }, apis: { swift: plain, s3: api('s3') } },
      settings, { ...silentLogger, info: (event, fields) => { if (event === 'request' && fields) logged.push(fields); } }, new Metrics(),
    );
    await front.onApplicationBootstrap();
  });
  afterAll(() => front.beforeApplicationShutdown());

  function open(text: string): { socket: Socket; until: (pattern: RegExp) => Promise<string>; closed: Promise<unknown> } {
    const socket = connect(front.port, '127.0.0.1');
    let seen = '';
    socket.on('data', (chunk: Buffer) => { seen += chunk.toString('latin1'); });
    socket.on('error', () => undefined);
    socket.write(text);
    const closed = once(socket, 'close');
    const until = async (pattern: RegExp): Promise<string> => {
      while (!pattern.test(seen)) await Promise.race([once(socket, 'data'), closed.then(() => { throw new Error(`closed after: ${seen}`); })]);
      return seen;
    };
    return { socket, until, closed };
  }

  it('hands paths on as they were sent, also those that no decoder takes', async () => {
    answer = ({ rawPath, rawQuery }) => ({ status: 200, headers: {}, body: `${rawPath} ${rawQuery}` });
    const { until, socket } = open('GET /v1/a//b/../%zz%2F?x=%&y HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await until(/%zz.*y$/)).toContain('/v1/a//b/../%zz%2F x=%&y');
    socket.destroy();
  });

  it.each(['garbage', ';', 'text/plain; charset', 'a/b; c="', 'application/json', ''])('lets every content type through: %j', async (type) => {
    answer = async ({ headers, body }) => ({ status: 200, headers: {}, body: `${headers['content-type']} ${Buffer.concat(await body.toArray() as Buffer[]).toString()}` });
    const { until, socket } = open(`PUT /v1/a/c/o HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 4\r\n\r\nbody`);
    expect(await until(/body$|415|400/)).toMatch(/ 200 /);
    socket.destroy();
  });

  it.each(['COPY', 'OPTIONS', 'POST', 'PATCH', 'DELETE', 'MKCOL'])('hands %s on, with a body or without', async (method) => {
    answer = async (request) => ({ status: 200, headers: {}, body: `${request.method} ${(await request.body.toArray()).join('')}!` });
    const { until, socket } = open(`${method} /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody`);
    expect(await until(/!$/)).toContain(`${method} body!`);
    const bare = open(`${method} /v1/a HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(await bare.until(/!$/)).toContain(`${method} !`);
    socket.destroy();
    bare.socket.destroy();
  });

  it('takes any content type', async () => {
    answer = ({ headers }) => ({ status: 200, headers: {}, body: String(headers['content-type']) });
    const { until, socket } = open('PUT /v1/a/c/o HTTP/1.1\r\nHost: x\r\nContent-Type: no; such, type\r\nContent-Length: 0\r\n\r\n');
    expect(await until(/such, type$/)).toContain('200 OK');
    socket.destroy();
  });

  it('answers first what it is asked, and then ends a connection on which no HTTP follows', async () => {
    answer = () => ({ status: 411, headers: {}, body: 'length?' });
    const { until, closed } = open('PUT /v1/a/c/o HTTP/1.1\r\nHost: x\r\n\r\na body that nobody announced\r\n');
    expect(await until(/length\?$/)).toMatch(/^HTTP\/1\.1 411 /);
    await closed;
  });

  it.each([['LICK / HTTP/1.1', 405], ['GET /\u00ff HTTP/1.1', 400], ['this is no HTTP', 405]])('refuses %s', async (line, status) => {
    const { until, closed } = open(`${line}\r\nHost: x\r\n\r\n`);
    expect(await until(/understands/)).toContain(`HTTP/1.1 ${status} `);
    await closed;
  });

  it('speaks of keeping the connection only to a client that does', async () => {
    answer = () => ({ status: 200, headers: {}, body: 'ok' });
    const silent = open('GET /v1/a HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await silent.until(/ok$/)).not.toMatch(/connection:/i);
    const spoken = open('GET /v1/a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n');
    expect(await spoken.until(/ok$/)).toMatch(/connection: keep-alive/i);
    silent.socket.destroy();
    spoken.socket.destroy();
  });

  it('asks for a body only when somebody reads it', async () => {
    answer = async ({ body }) => ({ status: 201, headers: {}, body: Buffer.concat(await body.toArray() as Buffer[]).toString().toUpperCase() });
    const wanted = open('PUT /v1/a/c/o HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
    await wanted.until(/100 Continue\r\n\r\n$/);
    wanted.socket.write('body');
    expect(await wanted.until(/BODY/)).toContain('201 Created');
    wanted.socket.destroy();

    answer = () => { throw new NotFound('test', 'not here', { status: 404 }); };
    const unwanted = open('PUT /v1/a/c/o HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 400000000\r\n\r\n');
    expect(await unwanted.until(/not here/)).not.toContain('100 Continue');
    await unwanted.closed;
  });

  it('keeps the connection of a client that asks whether to send nothing: one that is closed unannounced loses the next request', async () => {
    answer = () => ({ status: 201, headers: {}, body: 'made' });
    const request = 'PUT /v1/a/c/o HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n';
    const { socket, until } = open(request);
    await until(/made$/);
    socket.write(request);
    await until(/made[^]*made$/);
    socket.destroy();
  });

  it('lets a client that sends before it reads see why its body is not wanted', async () => {
    answer = () => ({ status: 403, headers: {}, body: 'no' });
    const answered = await fetch(`http://127.0.0.1:${front.port}/v1/a/c/o`, { method: 'PUT', body: Buffer.alloc(3_000_000) });
    expect([answered.status, await answered.text()]).toEqual([403, 'no']);
  });

  it('sends a stream no faster than the client takes it, and stops when the client goes', async () => {
    let given = 0;
    let signal: AbortSignal | undefined;
    const source = new Readable({ read() { given += 65_536; this.push(Buffer.alloc(65_536)); } });
    answer = (request) => {
      signal = request.signal;
      return { status: 200, headers: {}, body: source };
    };
    const request = httpRequest({ port: front.port, path: '/v1/a' }).end();
    const [response] = await once(request, 'response') as [IncomingMessage];
    response.pause();
    for (let before = -1; before !== given;) {
      before = given;
      for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    }
    expect(given).toBeLessThan(64 * 1024 * 1024);
    const stopped = new Promise((resolve) => source.once('close', resolve));
    source.once('error', () => undefined);
    request.once('error', () => undefined).destroy();
    await stopped;
    expect(signal?.aborted).toBe(true);
  });

  it('closes on a client that stops in the middle of its body, and tells the handler', async () => {
    const told = Promise.withResolvers<unknown>();
    answer = async ({ body }) => {
      told.resolve(await body.toArray().catch((error: unknown) => error));
      return { status: 200, headers: {} };
    };
    const { closed } = open('PUT /v1/a/c/o HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    await closed;
    expect(await told.promise).toMatchObject({ message: 'aborted' });
  });

  it('answers HEAD with the length and no body', async () => {
    answer = () => ({ status: 200, headers: { 'content-length': '5' }, body: Readable.from([Buffer.from('hello')]) });
    const answered = await fetch(`http://127.0.0.1:${front.port}/v1/a`, { method: 'HEAD' });
    expect([answered.headers.get('content-length'), await answered.text()]).toEqual(['5', '']);
  });

  it('lets the client see that an answer broke off', async () => {
    answer = () => ({ status: 200, headers: { 'content-length': '100' }, body: Readable.from((async function* () { yield Buffer.from('half'); throw new Error('disk'); })()) });
    await expect(fetch(`http://127.0.0.1:${front.port}/v1/a`).then((answered) => answered.text())).rejects.toThrow();
  });

  it('logs each request without secrets', async () => {
    answer = () => ({ status: 204, headers: {} });
    await fetch(`http://127.0.0.1:${front.port}/v1/a/c/o?temp_url_sig=secret&temp_url_expires=12&limit=3`, { method: 'PUT' });
    expect(logged.at(-1)).toMatchObject({ method: 'PUT', url: '/v1/a/c/o', query: 'temp_url_sig=***&temp_url_expires=***&limit=3', status: 204 });
    expect(harmlessQuery('uploads&X-Amz-Signature=abc&prefix=a%2Fb')).toBe('uploads&X-Amz-Signature=***&prefix=a%2Fb');
  });

  it.each([
    ['a Swift path', { rawPath: '/v1/AUTH_x/c/o' }, false],
    ['Swift\'s info', { rawPath: '/info' }, false],
    ['a bucket\'s path', { rawPath: '/bucket/key' }, true],
    ['the service\'s root', { rawPath: '/' }, true],
    ['a signed request, whatever its path', { rawPath: '/v1/x', headers: { authorization: 'AWS4-HMAC-SHA256 Credential=…' } }, true],
    ['a presigned URL', { rawPath: '/info', rawQuery: 'X-Amz-Algorithm=AWS4-HMAC-SHA256' }, true],
    ['a bucket\'s host', { rawPath: '/info', headers: { host: 'bucket.objects.test:8080' } }, true],
    ['the domain itself', { rawPath: '/info', headers: { host: 'objects.test:8080' } }, false],
  ])('takes %s to its API', (_what, request, isS3) => {
    expect(isForS3({ headers: {}, rawQuery: '', ...request }, ['objects.test'])).toBe(isS3);
  });
});
