import { createServer, type Server, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallFailed, ConnectionLost, OvsdbSession, parseRemote } from './session.js';
import { MessageSplitter } from './framing.js';

/** A server that says what the test wants said, for what ovsdb-server cannot be made to do. */
describe('OvsdbSession', () => {
  let dir: string;
  let server: Server;
  let peer: Promise<{ socket: Socket; next(): Promise<Record<string, unknown>> }>;
  let session: OvsdbSession;
  const notifications: unknown[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ovsdb-'));
    notifications.length = 0;
    peer = new Promise((resolve) => {
      server = createServer((socket) => resolve({ socket, next: reader(socket) }));
    });
    await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
    session = await OvsdbSession.open(`unix:${join(dir, 's')}`, (method, params) => notifications.push([method, params]), AbortSignal.timeout(5_000));
  });
  afterEach(async () => {
    session.close();
    (await peer).socket.destroy();
    server.close();
    await rm(dir, { recursive: true });
  });

  it('answers the server\'s echo, so that it is not taken for dead', async () => {
    const { socket, next } = await peer;
    socket.write('{"id":"echo","method":"echo","params":["x"]}');
    expect(await next()).toEqual({ id: 'echo', result: ['x'], error: null });
  });

  it('matches answers with calls in any order, and hands on notifications', async () => {
    const { socket, next } = await peer;
    const calls = ['a', 'b'].map(async (method) => session.call(method, [], AbortSignal.timeout(5_000)));
    const ids = [(await next())['id'], (await next())['id']];
    socket.write(`{"method":"update3","params":[1],"id":null}{"id":${ids[1]},"result":"B","error":null}{"id":${ids[0]},"result":null,"error":"no"}`);
    const [first, second] = await Promise.allSettled(calls);
    expect(second).toEqual({ status: 'fulfilled', value: 'B' });
    expect(first).toMatchObject({ status: 'rejected', reason: expect.any(CallFailed) });
    expect(notifications).toEqual([['update3', [1]]]);
  });

  it('gives up a call with its signal, and takes no notice of a late answer', async () => {
    const { socket, next } = await peer;
    const stop = new AbortController();
    const call = session.call('slow', [], stop.signal);
    const { id } = await next();
    stop.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    socket.write(`{"id":${String(id)},"result":1,"error":null}`);
    socket.write('{"id":"e","method":"echo","params":[]}');
    expect(await next()).toMatchObject({ id: 'e' });
  });

  it('fails all calls when the server goes or sends what is not JSON', async () => {
    const { socket } = await peer;
    const call = session.call('a', [], AbortSignal.timeout(5_000));
    socket.write('nonsense');
    await expect(call).rejects.toBeInstanceOf(ConnectionLost);
    expect(await session.ended).toMatchObject({ name: 'MalformedStream' });
    await expect(session.call('b', [], AbortSignal.timeout(5_000))).rejects.toBeInstanceOf(ConnectionLost);
  });
});

it('parseRemote takes what OVN takes', () => {
  expect(parseRemote('unix:/run/a:b.sock')).toEqual({ path: '/run/a:b.sock' });
  expect(parseRemote('tcp:10.0.0.1:6641')).toEqual({ host: '10.0.0.1', port: 6641 });
  expect(parseRemote('tcp:[fd00::1]:6641')).toEqual({ host: 'fd00::1', port: 6641 });
  expect(() => parseRemote('10.0.0.1:6641')).toThrow(TypeError);
});

function reader(socket: Socket): () => Promise<Record<string, unknown>> {
  const splitter = new MessageSplitter();
  const messages: Record<string, unknown>[] = [];
  const waiting: ((message: Record<string, unknown>) => void)[] = [];
  socket.on('data', (chunk: Buffer) => {
    for (const message of splitter.push(chunk) as Record<string, unknown>[]) {
      const next = waiting.shift();
      if (next === undefined) messages.push(message);
      else next(message);
    }
  });
  return async () => messages.shift() ?? new Promise((resolve) => waiting.push(resolve));
}
