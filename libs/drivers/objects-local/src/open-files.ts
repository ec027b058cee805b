import type { Clock } from '@virga/kernel';
import { codeOf, type Disk, type InputFile } from './disk.js';

const IDLE_MS = 60_000;

interface Held {
  file: Promise<InputFile>;
  users: number;
  usedAt: number;
  isDropped: boolean;
}

/**
 * Keeps a bounded number of files open for reading. A file that is dropped is closed when its last reader has finished, so a
 * removed file is read to its end. What nobody has read for a minute is closed by and by, so that the space of files which
 * another process removed comes back.
 */
export class OpenFiles {
  // In the order of their last use.
  private readonly held = new Map<string, Held>();

  constructor(private readonly disk: Disk, private readonly clock: Clock, private readonly limit: number) {}

  /** Calls `work` with the open file. */
  async using<T>(path: string, work: (file: InputFile) => Promise<T>): Promise<T> {
    const held = this.take(path);
    try {
      return await work(await held.file);
    } finally {
      held.users -= 1;
      if (held.isDropped) await closeIfUnused(held);
    }
  }

  /** The next reader opens it anew. */
  async drop(path: string): Promise<void> {
    const held = this.held.get(path);
    if (held === undefined) return;
    this.held.delete(path);
    held.isDropped = true;
    await closeIfUnused(held);
  }

  dropIdle(): void {
    const since = this.clock.now() - IDLE_MS;
    for (const [path, { users, usedAt }] of this.held) {
      if (users === 0 && usedAt <= since) void this.drop(path);
    }
  }

  async dropAll(): Promise<void> {
    await Promise.all([...this.held.keys()].map((path) => this.drop(path)));
  }

  private take(path: string): Held {
    const found = this.held.get(path);
    if (found === undefined) return this.add(path);
    found.users += 1;
    found.usedAt = this.clock.now();
    this.held.delete(path);
    this.held.set(path, found);
    return found;
  }

  private add(path: string): Held {
    this.dropIdle();
    for (const oldest of this.held.keys()) {
      if (this.held.size < this.limit) break;
      void this.drop(oldest);
    }
    const held: Held = { file: this.open(path), users: 1, usedAt: this.clock.now(), isDropped: false };
    held.file.catch(() => {
      if (this.held.get(path) === held) this.held.delete(path);
    });
    this.held.set(path, held);
    return held;
  }

  /** Where the process has too many files open, ours are the ones to give up. */
  private async open(path: string): Promise<InputFile> {
    try {
      return await this.disk.open(path);
    } catch (error) {
      if (codeOf(error) !== 'EMFILE') throw error;
      await this.dropUnused();
      return this.disk.open(path);
    }
  }

  private async dropUnused(): Promise<void> {
    await Promise.all([...this.held].filter(([, { users }]) => users === 0).map(([path]) => this.drop(path)));
  }
}

async function closeIfUnused({ users, file }: Held): Promise<void> {
  // What could not be opened has nothing to close; its reader has the error.
  if (users === 0) await file.then((opened) => opened.close()).catch(() => undefined);
}
