import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** How often one writer can append so many bytes and have them on the medium. */
export function syncedWritesPerSecond(directory: string, bytes: number, seconds: number): number {
  const scratch = mkdtempSync(join(directory, 'bench-'));
  const file = openSync(join(scratch, 'log'), constants.O_CREAT | constants.O_WRONLY | constants.O_DSYNC);
  const block = randomBytes(bytes);
  let count = 0;
  const startedAt = performance.now();
  try {
    while (performance.now() - startedAt < seconds * 1000) {
      writeSync(file, block);
      count += 1;
    }
    return count / ((performance.now() - startedAt) / 1000);
  } finally {
    closeSync(file);
    rmSync(scratch, { recursive: true });
  }
}

/** The plainest HTTP server of files that there can be, in a process of its own: what object storage costs more is its work. */
export class PlainFileServer {
  private constructor(private readonly child: ChildProcess, private readonly directory: string, readonly url: string) {}

  static async start(parent: string): Promise<PlainFileServer> {
    const directory = mkdtempSync(join(parent, 'bench-'));
    const child = fork(join(import.meta.dirname, 'plain-file-server.js'), [directory]);
    const [port] = await once(child, 'message') as [number];
    return new PlainFileServer(child, directory, `http://127.0.0.1:${port}`);
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill();
    await exited;
    rmSync(this.directory, { recursive: true });
  }
}
