import { execFile } from 'node:child_process';
import { chmod, chown, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Turns } from '@virga/kernel';
import { endProcesses } from './leftovers.js';
import { QmpClient } from './qmp-client.js';

const run = promisify(execFile);

/** A daemon that is not up by then does not come up. */
const START_WITHIN_MS = 15_000;

export interface DaemonOptions {
  name: string;
  /** For sockets and the pid file; short, since socket paths end at 107 characters. */
  runDirectory: string;
  /** Everything but the monitor; asked for at every start. */
  args: () => string[];
  /** A socket that the daemon makes and that this group may use; without a group, root only. */
  socket?: { path: string; groupId?: number };
  /** The daemon, or the line to it, ended without being told to. */
  onLost: () => void;
}

/**
 * One `qemu-storage-daemon`, which outlives us.
 *
 * Theory of operation. The daemon is found by its QMP socket: whoever answers there is it. One that does not answer is
 * killed before another is started, and so is one that was only being started when our predecessor died: both are known by
 * the socket in their arguments. So two never have the same volumes. Guests' exports live in it, and it goes on when this process dies or is replaced.
 */
export class DaemonProcess {
  private client: QmpClient | undefined;
  private readonly turns = new Turns();
  private readonly qmpSocket: string;
  private readonly pidFile: string;
  private isClosed = false;

  constructor(private readonly options: DaemonOptions) {
    this.qmpSocket = join(options.runDirectory, `${options.name}.qmp`);
    this.pidFile = join(options.runDirectory, `${options.name}.pid`);
  }

  /** The running daemon, started where there is none. */
  running(signal: AbortSignal): Promise<QmpClient> {
    return this.turns.run('', async () => await this.find(signal) ?? this.start(signal));
  }

  /** The running daemon, if there is one. */
  present(signal: AbortSignal): Promise<QmpClient | undefined> {
    return this.turns.run('', () => this.find(signal));
  }

  /** Whether the line to it is open at this moment. */
  get isConnected(): boolean {
    return this.client?.isOpen === true;
  }

  /** Ends the daemon the hard way; what it was told to write and has answered for is in its files. */
  async stop(): Promise<void> {
    await this.turns.run('', async () => {
      this.letGo();
      await this.killLeftover();
    });
  }

  /** Lets go of the line; the daemon runs on. */
  close(): void {
    this.isClosed = true;
    this.letGo();
  }

  private letGo(): void {
    const client = this.client;
    this.client = undefined;
    client?.close();
  }

  private async find(signal: AbortSignal): Promise<QmpClient | undefined> {
    signal.throwIfAborted();
    if (this.client?.isOpen === true) return this.client;
    const client = await QmpClient.connect(this.qmpSocket, signal).catch(() => undefined);
    signal.throwIfAborted();
    return client && this.adopt(client);
  }

  private adopt(client: QmpClient): QmpClient {
    this.client = client;
    void client.closed.then(() => {
      if (this.client !== client || this.isClosed) return;
      this.client = undefined;
      this.options.onLost();
    });
    return client;
  }

  private async start(signal: AbortSignal): Promise<QmpClient> {
    await this.killLeftover();
    const { socket, args } = this.options;
    const monitor = ['--chardev', `socket,path=${this.qmpSocket},server=on,wait=off,id=monitor`, '--monitor', 'chardev=monitor'];
    await run('qemu-storage-daemon', [...args(), ...monitor, '--pidfile', this.pidFile, '--daemonize'], { cwd: '/', timeout: START_WITHIN_MS });
    await chmod(this.qmpSocket, 0o600);
    if (socket) await this.allow(socket);
    return this.adopt(await QmpClient.connect(this.qmpSocket, signal));
  }

  private async allow({ path, groupId }: NonNullable<DaemonOptions['socket']>): Promise<void> {
    if (groupId === undefined) return chmod(path, 0o600);
    await chown(path, -1, groupId);
    await chmod(path, 0o660);
  }

  private async killLeftover(): Promise<void> {
    await endProcesses((args) => args.some((arg) => arg.includes(`path=${this.qmpSocket},`)));
    for (const file of [this.qmpSocket, this.options.socket?.path, this.pidFile]) if (file !== undefined) await rm(file, { force: true });
  }
}
