import { connect, type Socket } from 'node:net';
import { seconds } from '@virga/kernel';
import { MessageSplitter } from './framing.js';

/**
 * How long a connection may be silent before we ask whether the server is there, and how long it then has to answer.
 * Too low: a server that is busy compacting is cut off. Too high: a dead TCP peer is noticed late; calls wait for it meanwhile.
 */
const PROBE_INTERVAL = seconds(10);

/** The connection is gone; what was asked may or may not have happened. */
export class ConnectionLost extends Error {
  constructor(cause?: unknown) {
    super('The connection to the OVSDB server is gone.', cause === undefined ? undefined : { cause });
    this.name = 'ConnectionLost';
  }
}

/** The server answered a call with a JSON-RPC error. */
export class CallFailed extends Error {
  constructor(method: string, readonly error: unknown) {
    super(`OVSDB ${method} failed: ${JSON.stringify(error)}`);
    this.name = 'CallFailed';
  }
}

interface Waiting {
  method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Message {
  id?: unknown;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: unknown;
}

export type NotificationListener = (method: string, params: unknown[]) => void;

/** Where a remote is: `unix:/path/of/socket` or `tcp:host:port` (IPv6 hosts in brackets). */
export function parseRemote(remote: string): { path: string } | { host: string; port: number } {
  const unix = /^unix:(.+)$/.exec(remote);
  if (unix?.[1] !== undefined) return { path: unix[1] };
  const tcp = /^tcp:(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(remote);
  const host = tcp?.[1] ?? tcp?.[2];
  if (host === undefined) throw new TypeError(`Not an OVSDB remote (unix:/path or tcp:host:port): '${remote}'`);
  return { host, port: Number(tcp?.[3]) };
}

/**
 * One connection to one ovsdb-server: calls with answers, notifications, and the echoes that both sides owe each other.
 * It knows nothing of databases, and it does not reconnect: once lost, it stays lost.
 */
export class OvsdbSession {
  /** Resolves with the reason when the connection has ended, whoever ended it. */
  readonly ended: Promise<unknown>;
  private readonly waiting = new Map<number, Waiting>();
  private readonly splitter = new MessageSplitter();
  private lastId = 0;
  private isEnded = false;
  private probe: NodeJS.Timeout | undefined;
  private isProbing = false;

  private constructor(private readonly socket: Socket, private readonly listener: NotificationListener) {
    let reason: unknown;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => { reason = error; });
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.end(reason);
        resolve(reason);
      });
    });
    this.probeLater();
  }

  /** Connects, or throws `ConnectionLost`. */
  static async open(remote: string, listener: NotificationListener, signal: AbortSignal): Promise<OvsdbSession> {
    signal.throwIfAborted();
    const socket = connect({ ...parseRemote(remote), noDelay: true });
    return new Promise((resolve, reject) => {
      const abort = (): void => { socket.destroy(); reject(new ConnectionLost(signal.reason)); };
      const fail = (error: Error): void => { signal.removeEventListener('abort', abort); reject(new ConnectionLost(error)); };
      signal.addEventListener('abort', abort, { once: true });
      socket.once('error', fail);
      socket.once('connect', () => {
        socket.off('error', fail);
        signal.removeEventListener('abort', abort);
        resolve(new OvsdbSession(socket, listener));
      });
    });
  }

  /** Asks, and answers the result. Throws `CallFailed`, `ConnectionLost`, or the signal's reason; what was asked may then still happen. */
  async call(method: string, params: unknown[], signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (this.isEnded) throw new ConnectionLost();
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const abort = (): void => { this.waiting.delete(id); reject(signal.reason as Error); };
      const settle = <Result>(how: (result: Result) => void) => (result: Result): void => {
        signal.removeEventListener('abort', abort);
        how(result);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.waiting.set(id, { method, resolve: settle(resolve), reject: settle(reject) });
      this.socket.write(JSON.stringify({ id, method, params }));
    });
  }

  close(reason?: unknown): void {
    this.socket.destroy(reason instanceof Error ? reason : undefined);
  }

  private receive(chunk: Buffer): void {
    this.probe?.refresh();
    try {
      for (const message of this.splitter.push(chunk)) this.dispatch(message as Message);
    } catch (error) {
      // A stream that cannot be read, or an update that cannot be applied: nothing after it can be trusted.
      this.close(error);
    }
  }

  private dispatch(message: Message): void {
    if (message.method === 'echo') {
      this.socket.write(JSON.stringify({ id: message.id, result: message.params, error: null }));
      return;
    }
    if (message.method !== undefined) {
      this.listener(message.method, message.params as unknown[]);
      return;
    }
    const call = this.waiting.get(message.id as number);
    if (call === undefined) return; // Its caller has given up.
    this.waiting.delete(message.id as number);
    if (message.error === null || message.error === undefined) call.resolve(message.result);
    else call.reject(new CallFailed(call.method, message.error));
  }

  private probeLater(): void {
    this.probe = setTimeout(() => {
      if (this.isProbing) {
        this.close(new Error('The OVSDB server does not answer.'));
        return;
      }
      this.isProbing = true;
      this.call('echo', [], AbortSignal.timeout(PROBE_INTERVAL)).then(() => { this.isProbing = false; }, (error: unknown) => this.close(error));
      this.probe?.refresh();
    }, PROBE_INTERVAL);
    this.probe.unref();
  }

  private end(reason: unknown): void {
    this.isEnded = true;
    clearTimeout(this.probe);
    for (const call of this.waiting.values()) call.reject(new ConnectionLost(reason));
    this.waiting.clear();
  }
}
