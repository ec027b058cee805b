import { connect, type Socket } from 'node:net';
import { milliseconds, seconds } from '@virga/kernel';
import { encodeFrame, FrameReader, frameStatuses, frameTypes, programs, type Frame } from './frames.js';
import { eventIds, notices, procedures, remoteError, type DomainRef, type Procedure } from './procedures.js';
import { decode, encode } from './xdr.js';

/** What libvirt answered to a call that failed, with libvirt's own error number. */
export class LibvirtError extends Error {
  constructor(readonly code: number, message: string, readonly call: string) {
    super(message);
    this.name = 'LibvirtError';
  }
}

/** The socket is gone or talks nonsense: every call that was under way fails with this, and may or may not have happened. */
export class ConnectionLost extends Error {
  constructor(options: { cause?: unknown } = {}) {
    super('The connection to libvirt is lost.', options);
    this.name = 'ConnectionLost';
  }
}

/** The daemon lives and does not answer this call: it may still be carried out. */
export class CallTimedOut extends Error {
  constructor(call: string) {
    super(`libvirt did not answer ${call} in time.`);
    this.name = 'CallTimedOut';
  }
}

/** Something that libvirt tells by itself. A domain may have changed again by the time one reads it. */
export type DomainEvent =
  | { kind: 'lifecycle'; dom: DomainRef; event: number; detail: number }
  | { kind: 'reboot'; dom: DomainRef }
  | { kind: 'device-removed'; dom: DomainRef; alias: string };

interface PendingCall {
  name: string;
  accept(body: Buffer): void;
  reject(error: Error): void;
}

/**
 * How often we ask a silent daemon whether it lives, and how many questions it may leave unanswered.
 *
 * Too low: a daemon that is busy under load is taken for dead and every call under way fails. Too high: after the daemon
 * hangs, changes of guests go unnoticed for this long (commands have their own deadlines).
 */
const KEEPALIVE_EVERY = seconds(10);
const KEEPALIVE_UNANSWERED = 3;
/**
 * How long the daemon may take for one call. Too low: starting a guest on a busy host fails although it goes on. Too high:
 * commands hang this long with a daemon that answers keepalives and nothing else.
 */
const CALL_WITHIN = seconds(120);
const KEEPALIVE_PING = 1;
const KEEPALIVE_PONG = 2;
const CONNECT_WITHIN = milliseconds(5_000);

/**
 * One open connection to libvirtd.
 *
 * Theory of operation. Calls are numbered and pipelined; replies come in any order. A call that is aborted is forgotten
 * here but goes on in the daemon, so callers look again before they act again. A connection that is lost is never
 * revived: all its calls fail, `onClose` fires once, and its owner opens another.
 */
export class LibvirtConnection {
  private readonly frames = new FrameReader();
  private readonly pending = new Map<number, PendingCall>();
  private nextSerial = 1;
  private unanswered = 0;
  private heartbeat: NodeJS.Timeout | undefined;
  private lostTo: ConnectionLost | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly onEvent: (event: DomainEvent) => void,
    private readonly onClose: () => void,
  ) {
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => this.lose(error));
    socket.on('close', () => this.lose(undefined));
    this.beat();
  }

  /** Connects to the daemon's unix socket, opens the QEMU driver and subscribes to domain events. */
  static async open(
    socketPath: string, listener: { onEvent(event: DomainEvent): void; onClose(): void }, signal: AbortSignal,
  ): Promise<LibvirtConnection> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_WITHIN)]);
    const socket = await connected(socketPath, deadline);
    const connection = new LibvirtConnection(socket, listener.onEvent, listener.onClose);
    try {
      await connection.call(procedures.authList, undefined, deadline);
      await connection.call(procedures.open, { name: 'qemu:///system', flags: 0 }, deadline);
      for (const eventId of Object.values(eventIds)) {
        await connection.call(procedures.watchEvents, { eventId, dom: undefined }, deadline);
      }
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.lostTo === undefined;
  }

  /**
   * Throws `LibvirtError`, `ConnectionLost`, `CallTimedOut`, or the signal's reason. Without a signal the answer is waited
   * for whatever the caller would like: see `LibvirtClient` on calls that change something.
   */
  call<Arguments, Reply>(procedure: Procedure<Arguments, Reply>, args: Arguments, signal?: AbortSignal): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      if (this.lostTo) return reject(this.lostTo);
      const serial = this.nextSerial++;
      const forget = (): void => {
        this.pending.delete(serial);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const fail = (error: Error): void => {
        forget();
        reject(error);
      };
      const onAbort = (): void => fail(signal?.reason as Error);
      const timer = setTimeout(() => fail(new CallTimedOut(procedure.name)), CALL_WITHIN);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.pending.set(serial, {
        name: procedure.name,
        // Decoded before it is forgotten: a reply that makes no sense loses the connection, and that rejects what is pending.
        accept: (body) => {
          const reply = decode(procedure.reply, body);
          forget();
          resolve(reply);
        },
        reject: fail,
      });
      this.send({
        program: procedure.program ?? programs.remote, procedure: procedure.number, type: frameTypes.call,
        serial, status: frameStatuses.ok, body: encode(procedure.arguments, args),
      });
    });
  }

  close(): void {
    this.lose(undefined);
  }

  private send(frame: Frame): void {
    this.socket.write(encodeFrame(frame));
  }

  private receive(chunk: Buffer): void {
    this.unanswered = 0;
    try {
      for (const frame of this.frames.push(chunk)) this.dispatch(frame);
    } catch (error) {
      this.lose(error);
    }
  }

  private dispatch(frame: Frame): void {
    if (frame.program === programs.keepalive) {
      if (frame.procedure === KEEPALIVE_PING) this.sendKeepalive(KEEPALIVE_PONG);
      return;
    }
    if (frame.type === frameTypes.message) return this.dispatchNotice(frame);
    const call = this.pending.get(frame.serial);
    if (call === undefined) return;
    if (frame.status === frameStatuses.ok) return call.accept(frame.body);
    const { code, message } = decode(remoteError, frame.body);
    call.reject(new LibvirtError(code, message ?? 'no message', call.name));
  }

  private dispatchNotice({ procedure, body }: Frame): void {
    if (procedure === notices.lifecycle.number) {
      const { dom, event, detail } = decode(notices.lifecycle.body, body);
      this.onEvent({ kind: 'lifecycle', dom, event, detail });
    }
    if (procedure === notices.reboot.number) {
      this.onEvent({ kind: 'reboot', dom: decode(notices.reboot.body, body).dom });
    }
    if (procedure === notices.deviceRemoved.number) {
      const { dom, alias } = decode(notices.deviceRemoved.body, body);
      this.onEvent({ kind: 'device-removed', dom, alias });
    }
  }

  private sendKeepalive(procedure: number): void {
    this.send({ program: programs.keepalive, procedure, type: frameTypes.message, serial: 0, status: frameStatuses.ok, body: Buffer.alloc(0) });
  }

  private beat(): void {
    this.heartbeat = setTimeout(() => {
      if (this.unanswered >= KEEPALIVE_UNANSWERED) return this.lose(new Error('libvirt does not answer keepalive messages'));
      this.unanswered += 1;
      this.sendKeepalive(KEEPALIVE_PING);
      this.beat();
    }, KEEPALIVE_EVERY).unref();
  }

  private lose(cause: unknown): void {
    if (this.lostTo) return;
    this.lostTo = new ConnectionLost({ cause });
    clearTimeout(this.heartbeat);
    this.socket.destroy();
    for (const call of [...this.pending.values()]) call.reject(this.lostTo);
    this.onClose();
  }
}

function connected(socketPath: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect(socketPath);
    const settle = (finish: () => void) => (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.off('connect', onConnect).off('error', onError);
      finish();
    };
    const onConnect = settle(() => resolve(socket));
    const onAbort = settle(() => { socket.destroy(); reject(signal.reason as Error); });
    const onError = (error: Error): void => settle(() => reject(new ConnectionLost({ cause: error })))();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', onConnect).once('error', onError);
  });
}
