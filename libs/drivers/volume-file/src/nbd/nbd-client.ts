import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { DriverUnavailable, type ExportAddress } from '@virga/ports';
import { ByteReader } from './byte-reader.js';

const INIT_MAGIC = 0x4e42444d41474943n; // "NBDMAGIC"
const OPTION_MAGIC = 0x49484156454f5054n; // "IHAVEOPT"
const OPTION_REPLY_MAGIC = 0x3e889045565a9n;
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;
const FIXED_NEWSTYLE = 1;
const NO_ZEROES = 2;
const OPTION_STARTTLS = 5;
const OPTION_GO = 7;
const REPLY_ACK = 1;
const REPLY_INFO = 3;
const INFO_EXPORT = 0;
const COMMANDS = { read: 0, write: 1, disconnect: 2, flush: 3, writeZeroes: 6 } as const;

/** The most that one request may carry; QEMU's server takes 32 MiB. */
export const MOST_BYTES = 1024 * 1024;

/**
 * Network Block Device, as a client, over a unix socket or TLS: the fixed newstyle handshake and simple replies of the protocol
 * (https://github.com/NetworkBlockDevice/nbd, doc/proto.md), one request at a time.
 */
export class NbdClient {
  private nextCookie = 1n;
  private readonly reader: ByteReader;

  private constructor(private readonly socket: Socket, readonly sizeBytes: number) {
    this.reader = ByteReader.of(socket);
  }

  /** `DriverUnavailable` where the server cannot be reached or has no such export. An abort at any time ends the connection. */
  static connect(socketPath: string, exportName: string, signal: AbortSignal): Promise<NbdClient> {
    return NbdClient.over(createConnection(socketPath), exportName, signal, async (socket) => socket);
  }

  /** The same for an export of another host; `pkiDirectory` holds `ca-cert.pem`, `client-cert.pem` and `client-key.pem` of this one. */
  static connectTo(address: Exclude<ExportAddress, { kind: 'rbd' }>, pkiDirectory: string, signal: AbortSignal): Promise<NbdClient> {
    if (address.kind === 'nbd-unix') return NbdClient.connect(address.socketPath, address.exportName, signal);
    const { address: host, port, exportName } = address;
    return NbdClient.over(createConnection({ host, port }), exportName, signal, (socket) => secured(socket, host, pkiDirectory));
  }

  private static async over(
    socket: Socket, exportName: string, signal: AbortSignal, secure: (socket: Socket) => Promise<Socket>,
  ): Promise<NbdClient> {
    const giveUp = (): void => { socket.destroy(signal.reason as Error); };
    signal.addEventListener('abort', giveUp, { once: true });
    socket.on('close', () => signal.removeEventListener('abort', giveUp));
    try {
      signal.throwIfAborted();
      await greet(socket);
      const opened = await secure(socket);
      return new NbdClient(opened, await open(opened, exportName));
    } catch (error) {
      socket.destroy();
      throw signal.aborted ? signal.reason : new DriverUnavailable('volume', { cause: error });
    }
  }

  /** At most `MOST_BYTES`. */
  read(offset: number, length: number): Promise<Buffer> {
    return this.request(COMMANDS.read, offset, length);
  }

  /** At most `MOST_BYTES`. */
  async write(offset: number, bytes: Buffer): Promise<void> {
    await this.request(COMMANDS.write, offset, bytes.length, bytes);
  }

  async writeZeroes(offset: number, length: number): Promise<void> {
    await this.request(COMMANDS.writeZeroes, offset, length);
  }

  /** What was answered for before is on the disk. */
  async flush(): Promise<void> {
    await this.request(COMMANDS.flush, 0, 0);
  }

  /** The server finishes what it was asked and lets go. */
  close(): void {
    if (this.socket.writable) this.socket.end(requestHeader(COMMANDS.disconnect, this.nextCookie, 0, 0));
    else this.socket.destroy();
  }

  private async request(command: number, offset: number, length: number, payload?: Buffer): Promise<Buffer> {
    const cookie = this.nextCookie++;
    this.socket.write(requestHeader(command, cookie, offset, length));
    if (payload) this.socket.write(payload);
    const head = await this.reader.take(16);
    if (head.readUInt32BE(0) !== REPLY_MAGIC || head.readBigUInt64BE(8) !== cookie) throw broken('an answer is malformed');
    const failure = head.readUInt32BE(4);
    if (failure !== 0) throw broken(`request ${command} at ${offset} of ${length} bytes failed with error ${failure}`);
    return command === COMMANDS.read ? this.reader.take(length) : Buffer.alloc(0);
  }
}

async function greet(socket: Socket): Promise<void> {
  const greeting = await ByteReader.of(socket).take(18);
  if (greeting.readBigUInt64BE(0) !== INIT_MAGIC || greeting.readBigUInt64BE(8) !== OPTION_MAGIC) throw broken('this is no NBD server');
  const flags = Buffer.alloc(4);
  flags.writeUInt32BE(FIXED_NEWSTYLE | NO_ZEROES);
  socket.write(flags);
}

/** Asks for TLS, which says who we are, before anything else is said. */
async function secured(socket: Socket, host: string, pkiDirectory: string): Promise<Socket> {
  const reader = ByteReader.of(socket);
  socket.write(option(OPTION_STARTTLS, Buffer.alloc(0)));
  const { kind } = await answerOf(reader);
  if (kind !== REPLY_ACK) throw broken('the server does not speak TLS');
  reader.release();
  const [ca, cert, key] = await Promise.all(['ca-cert.pem', 'client-cert.pem', 'client-key.pem'].map((name) => readFile(join(pkiDirectory, name))));
  // The certificate must be the address's.
  const tls = connectTls({ socket, host, ca, cert, key });
  tls.on('error', () => undefined);
  await Promise.race([once(tls, 'secureConnect'), once(tls, 'close').then(() => { throw broken('the connection ended before it was secured'); })]);
  return tls;
}

async function open(socket: Socket, exportName: string): Promise<number> {
  const reader = ByteReader.of(socket);
  socket.write(goOption(exportName));
  let sizeBytes: number | undefined;
  for (;;) {
    const { kind, body } = await answerOf(reader);
    if (kind === REPLY_INFO && body.readUInt16BE(0) === INFO_EXPORT) sizeBytes = Number(body.readBigUInt64BE(2));
    if (kind === REPLY_ACK) break;
    if (kind !== REPLY_INFO) throw broken(`the server refuses the export ${exportName} (${kind.toString(16)})`);
  }
  if (sizeBytes === undefined) throw broken('the server does not say how large the export is');
  return sizeBytes;
}

async function answerOf(reader: ByteReader): Promise<{ kind: number; body: Buffer }> {
  const head = await reader.take(20);
  if (head.readBigUInt64BE(0) !== OPTION_REPLY_MAGIC) throw broken('an answer to an option is malformed');
  return { kind: head.readUInt32BE(12), body: await reader.take(head.readUInt32BE(16)) };
}

function goOption(exportName: string): Buffer {
  const name = Buffer.from(exportName, 'utf8');
  const body = Buffer.alloc(4 + name.length + 2);
  body.writeUInt32BE(name.length, 0);
  name.copy(body, 4);
  return option(OPTION_GO, body);
}

function option(kind: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeBigUInt64BE(OPTION_MAGIC, 0);
  head.writeUInt32BE(kind, 8);
  head.writeUInt32BE(body.length, 12);
  return Buffer.concat([head, body]);
}

function requestHeader(command: number, cookie: bigint, offset: number, length: number): Buffer {
  const header = Buffer.alloc(28);
  header.writeUInt32BE(REQUEST_MAGIC, 0);
  header.writeUInt16BE(0, 4);
  header.writeUInt16BE(command, 6);
  header.writeBigUInt64BE(cookie, 8);
  header.writeBigUInt64BE(BigInt(offset), 16);
  header.writeUInt32BE(length, 24);
  return header;
}

function broken(what: string): DriverUnavailable {
  return new DriverUnavailable('volume', { cause: new Error(`NBD: ${what}`) });
}
