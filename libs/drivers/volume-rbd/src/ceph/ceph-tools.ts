import { spawn } from 'node:child_process';
import { endProcesses } from '@virga/driver-volume-file/disks';

/** The cluster and the pool of a backend, and as whom its tools speak to it. */
export interface CephAccess {
  /** Names the monitors and the keyring of `user`; nothing else of the cluster is told to us. */
  confFile: string;
  /** Without `client.`. */
  user: string;
  pool: string;
}

/** A tool of Ceph's that failed: `errno` as it ended with, where it ended by itself. */
export class CephFailure extends Error {
  constructor(command: string, readonly errno: number | null, complaint: string) {
    super(`${command} ended with ${errno}: ${complaint}`);
  }
}

/** What Ceph's tools end with: errors of Linux. */
export const ABSENT = 2;
export const INVALID = 22;

/**
 * How many tools run at once. Too low: commands wait for each other. Too high: each is a process with threads and
 * connections to every storage daemon that it needs.
 */
const TOOLS_AT_ONCE = 8;
const OUTPUT_LIMIT = 256 * 1024 * 1024;

/**
 * Ceph's own command line tools, which is how anybody who is not C or Python speaks to a cluster.
 *
 * Each call is a client of its own that ends with it. An abort ends the tool where it is, as a crash would. A tool outlives a process of ours that
 * dies, and could still write what that had in mind; so each runs in `directory`, by which the next process finds it and ends it first.
 */
export class CephTools {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** `directory` is that of the store: one process at a time. */
  constructor(readonly access: CephAccess, private readonly directory: string) {}

  /** No tool that a dead process of ours had started does anything any more. To be called before the pool is looked at. */
  endLeftovers(): Promise<void> {
    return endProcesses((args, directory) => directory === this.directory && args.includes(this.access.confFile));
  }

  /** Runs `rbd`; images are named without the pool. */
  rbd(args: string[], signal: AbortSignal): Promise<string> {
    return this.run('rbd', ['--pool', this.access.pool, ...args], signal);
  }

  async rbdJson<Answer>(args: string[], signal: AbortSignal): Promise<Answer> {
    return JSON.parse(await this.rbd([...args, '--format', 'json'], signal)) as Answer;
  }

  rados(args: string[], signal: AbortSignal): Promise<string> {
    return this.run('rados', ['--pool', this.access.pool, ...args], signal);
  }

  ceph(args: string[], signal: AbortSignal): Promise<string> {
    return this.run('ceph', args, signal);
  }

  async cephJson<Answer>(args: string[], signal: AbortSignal): Promise<Answer> {
    return JSON.parse(await this.ceph([...args, '--format', 'json'], signal)) as Answer;
  }

  private async run(program: string, args: string[], signal: AbortSignal): Promise<string> {
    await this.slot(signal);
    try {
      return await tool([program, '--conf', this.access.confFile, '--id', this.access.user, ...args], this.directory, signal);
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  private async slot(signal: AbortSignal): Promise<void> {
    while (this.running >= TOOLS_AT_ONCE) await new Promise<void>((resolve) => { this.waiting.push(resolve); });
    this.running += 1;
    if (!signal.aborted) return;
    this.running -= 1;
    this.waiting.shift()?.();
    signal.throwIfAborted();
  }
}

function tool([program = '', ...args]: string[], cwd: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): void => { child.kill('SIGTERM'); };
    const output: Buffer[] = [];
    let outputBytes = 0;
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > OUTPUT_LIMIT) return end();
      output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => { complaint = `${complaint}${chunk.toString('utf8')}`.slice(-2_000); });
    signal.addEventListener('abort', end, { once: true });
    child.on('error', reject);
    child.on('close', (code) => {
      signal.removeEventListener('abort', end);
      if (code === 0) return resolve(Buffer.concat(output).toString('utf8'));
      // What stands in the arguments are names; keys never do.
      reject(signal.aborted ? signal.reason as Error : new CephFailure([program, ...args].join(' ').slice(0, 500), code, complaint.trim()));
    });
  });
}
