import { jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '@virga/testing/fast-check';
import { CallTimedOut, ConnectionLost, LibvirtConnection, LibvirtError } from './connection.js';
import { encodeFrame, FrameReader, type Frame } from './frames.js';
import { procedures, remoteError, type Procedure } from './procedures.js';
import { decode, encode, int, list, MalformedXdr, optional, struct, text, unsignedHyper, uuid } from './xdr.js';

describe('XDR', () => {
  const shape = struct({ name: text, uuid, id: int, tags: list(optional(text), 10), size: unsignedHyper });

  it('writes what it reads, padded to whole words', () => {
    fc.assert(fc.property(
      fc.string({ unit: 'grapheme' }), fc.uuid(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.array(fc.option(fc.string(), { nil: undefined }), { maxLength: 10 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (name, id, number, tags, size) => {
        const value = { name, uuid: id, id: number, tags, size };
        const bytes = encode(shape, value);

        expect(bytes.length % 4).toBe(0);
        expect(decode(shape, bytes)).toEqual(value);
      },
    ));
  });

  it('never reads beyond what was sent', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decode(shape, Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedXdr);
      }
    }));
  });
});

describe('frames', () => {
  it('come out whole, however their bytes are cut', () => {
    const frame = (serial: number, length: number): Frame => ({ program: 1, procedure: 2, type: 0, serial, status: 0, body: Buffer.alloc(length, serial) });
    fc.assert(fc.property(fc.array(fc.nat(300), { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (lengths, cuts) => {
      const sent = lengths.map((length, serial) => frame(serial, length));
      const bytes = Buffer.concat(sent.map(encodeFrame));
      const reader = new FrameReader();
      const received: Frame[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const end = at + (cuts[turn % cuts.length] ?? 1);
        received.push(...reader.push(bytes.subarray(at, end)));
        at = end;
      }
      expect(received).toEqual(sent);
    }));
  });

  it('are refused when their length is impossible', () => {
    expect(() => new FrameReader().push(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toThrow(MalformedXdr);
    expect(() => new FrameReader().push(Buffer.from([0, 0, 0, 4]))).toThrow(MalformedXdr);
  });
});

describe('a connection to libvirt', () => {
  let directory: string;
  let server: Server;
  let answer: (frame: Frame, socket: Socket) => void;
  const never = new AbortController().signal;
  const closed: string[] = [];
  const reply = (socket: Socket, frame: Frame, body: Buffer, status = 0): void => {
    socket.write(encodeFrame({ ...frame, type: 1, status, body }));
  };
  const open = (): Promise<LibvirtConnection> =>
    LibvirtConnection.open(join(directory, 'socket'), { onEvent: () => undefined, onClose: () => closed.push('closed') }, never);

  beforeEach(async () => {
    closed.length = 0;
    directory = await mkdtemp(join(tmpdir(), 'rpc-'));
    server = createServer((socket) => {
      const frames = new FrameReader();
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        for (const frame of frames.push(chunk)) {
          const isOpening = ([procedures.authList, procedures.open, procedures.watchEvents] as Procedure<never, unknown>[]).some((one) => one.number === frame.procedure);
          if (isOpening) reply(socket, frame, Buffer.alloc(4));
          else answer(frame, socket);
        }
      });
    });
    await new Promise<void>((resolve) => { server.listen(join(directory, 'socket'), resolve); });
  });

  afterEach(async () => {
    server.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('matches replies to calls in any order', async () => {
    const connection = await open();
    const waiting: Frame[] = [];
    answer = (frame, socket) => {
      waiting.unshift(frame);
      if (waiting.length === 3) for (const each of waiting) reply(socket, each, encode(procedures.getHostname.reply, { hostname: `host-${each.serial}` }));
    };

    const hostnames = await Promise.all([1, 2, 3].map(() => connection.call(procedures.getHostname, undefined, never)));

    expect(new Set(hostnames.map(({ hostname }) => hostname)).size).toBe(3);
    expect(hostnames.map(({ hostname }) => hostname)).toEqual(hostnames.map(({ hostname }) => hostname).sort());
    connection.close();
  });

  it('hands on libvirt\'s own error number and words', async () => {
    const connection = await open();
    answer = (frame, socket) => reply(socket, frame, encode(remoteError, {
      code: 42, domain: 10, message: 'Domain not found', level: 2, dom: undefined,
      str1: undefined, str2: undefined, str3: undefined, int1: 0, int2: 0, net: undefined,
    }), 1);

    const failure = await connection.call(procedures.getHostname, undefined, never).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(LibvirtError);
    expect(failure).toMatchObject({ code: 42, message: 'Domain not found', call: 'getHostname' });
    connection.close();
  });

  it('lets a caller go when it gives up, and ignores the answer that comes later', async () => {
    const connection = await open();
    const impatient = new AbortController();
    const late: (() => void)[] = [];
    answer = (frame, socket) => { late.push(() => reply(socket, frame, encode(procedures.getHostname.reply, { hostname: 'late' }))); };
    const given = connection.call(procedures.getHostname, undefined, impatient.signal);

    impatient.abort(new Error('too late'));
    await expect(given).rejects.toThrow('too late');
    answer = (frame, socket) => {
      for (const send of late) send();
      reply(socket, frame, encode(procedures.getHostname.reply, { hostname: 'mine' }));
    };

    expect(await connection.call(procedures.getHostname, undefined, never)).toEqual({ hostname: 'mine' });
    connection.close();
  });

  it.each([
    ['the daemon goes away', (_: Frame, socket: Socket) => socket.destroy()],
    ['a reply makes no sense', (frame: Frame, socket: Socket) => reply(socket, frame, Buffer.from([0, 0, 0, 99]))],
    ['a frame makes no sense', (_: Frame, socket: Socket) => socket.write(Buffer.alloc(8, 0xff))],
  ])('fails every call when %s', async (_, does) => {
    const connection = await open();
    answer = does;

    const outcomes = await Promise.allSettled([1, 2].map(() => connection.call(procedures.getHostname, undefined, never)));

    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason instanceof ConnectionLost)).toEqual([true, true]);
    expect(connection.isOpen).toBe(false);
    expect(closed).toEqual(['closed']);
    await expect(connection.call(procedures.getHostname, undefined, never)).rejects.toBeInstanceOf(ConnectionLost);
  });

  it('does not open where nobody listens', async () => {
    const listener = { onEvent: () => undefined, onClose: () => undefined };
    await expect(LibvirtConnection.open(join(directory, 'nobody'), listener, never)).rejects.toBeInstanceOf(ConnectionLost);
  });

  it('ends a call that a living daemon never answers, and stays open', async () => {
    const connection = await open();
    answer = () => undefined;
    jest.useFakeTimers();
    const unanswered = connection.call(procedures.getHostname, undefined, never);
    const outcome = expect(unanswered).rejects.toBeInstanceOf(CallTimedOut);

    jest.advanceTimersByTime(120_000);
    jest.useRealTimers();

    await outcome;
    connection.close();
  });
});
