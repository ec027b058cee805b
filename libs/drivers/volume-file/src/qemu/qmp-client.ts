import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** What QEMU answered instead of a result; `errorClass` is its own word. */
export class QmpError extends Error {
  constructor(readonly command: string, readonly errorClass: string, readonly description: string) {
    super(`${command}: ${description}`);
  }
}

/** The line is gone: whether the command was carried out is not known. */
export class QmpClosed extends Error {
  constructor() {
    super('The QMP connection is closed.');
  }
}

export interface QmpEvent {
  event: string;
  data: Record<string, unknown>;
}

interface Pending {
  command: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Message {
  QMP?: unknown;
  id?: number;
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  data?: Record<string, unknown>;
}

/** Too low: a daemon on a busy disk is taken for hung. Too high: a hung one holds up its volumes for so long. */
const ANSWER_WITHIN_MS = 30_000;
const GREET_WITHIN_MS = 5_000;

/**
 * QEMU's machine protocol over a unix socket: one JSON document a line.
 *
 * Theory of operation. Commands carry ids and may be under way side by side. A command whose answer does not come in time
 * closes the connection, since nothing more can be said about what the daemon does; the caller connects again and looks.
 * Arguments may hold secrets and therefore never appear in errors.
 */
export class QmpClient {
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Set<(event: QmpEvent) => void>();
  private readonly closing = Promise.withResolvers<void>();
  private readonly greeted = Promise.withResolvers<void>();
  private lastId = 0;
  isOpen = true;

  private constructor(private readonly socket: Socket) {
    // Both tell of an error; its consequence is the end of the connection, which is what we act on.
    createInterface({ input: socket }).on('line', (line) => this.receive(line)).on('error', () => undefined);
    socket.on('error', () => undefined);
    socket.on('close', () => this.onClose());
    this.greeted.promise.catch(() => undefined);
  }

  /** Connects and greets; throws within five seconds where nobody answers. */
  static async connect(socketPath: string, signal: AbortSignal): Promise<QmpClient> {
    const client = new QmpClient(createConnection(socketPath));
    const limit = AbortSignal.any([signal, AbortSignal.timeout(GREET_WITHIN_MS)]);
    const giveUp = (): void => client.close();
    limit.addEventListener('abort', giveUp, { once: true });
    try {
      await client.greeted.promise;
      await client.execute('qmp_capabilities');
      return client;
    } catch (error) {
      client.close();
      throw limit.aborted ? limit.reason : error;
    } finally {
      limit.removeEventListener('abort', giveUp);
    }
  }

  /** Resolves when the connection has ended, for whatever reason. */
  get closed(): Promise<void> {
    return this.closing.promise;
  }

  /** A command is waited for even when its caller has given up: a look that comes after it must see what it did. */
  execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    if (!this.isOpen) return Promise.reject(new QmpClosed());
    const id = ++this.lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const tooLate = setTimeout(() => this.close(), ANSWER_WITHIN_MS);
    this.pending.set(id, { command, resolve, reject });
    this.socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    return promise.finally(() => clearTimeout(tooLate));
  }

  /** Calls `listener` for every event until the answered function is called. */
  listen(listener: (event: QmpEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(line: string): void {
    const message = parsed(line);
    if (message === undefined) return this.close();
    if (message.QMP !== undefined) return this.greeted.resolve();
    if (message.event !== undefined) {
      for (const listener of this.listeners) listener({ event: message.event, data: message.data ?? {} });
      return;
    }
    const waiting = message.id === undefined ? undefined : this.pending.get(message.id);
    if (message.id === undefined || waiting === undefined) return;
    this.pending.delete(message.id);
    if (message.error) waiting.reject(new QmpError(waiting.command, message.error.class, message.error.desc));
    else waiting.resolve(message.return);
  }

  private onClose(): void {
    this.isOpen = false;
    this.greeted.reject(new QmpClosed());
    for (const waiting of this.pending.values()) waiting.reject(new QmpClosed());
    this.pending.clear();
    this.closing.resolve();
  }
}

function parsed(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}
