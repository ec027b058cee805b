import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const UNFINISHED = '.new';

/** Small files that only this process writes, each replaced as a whole; they outlive it. */
export class DurableDirectory {
  private constructor(private readonly path: string) {}

  static async open(path: string): Promise<DurableDirectory> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    for (const name of await readdir(path)) if (name.endsWith(UNFINISHED)) await rm(join(path, name), { force: true });
    return new DurableDirectory(path);
  }

  names(): Promise<string[]> {
    return readdir(this.path);
  }

  /** Undefined where there is none. */
  async read(name: string): Promise<string | undefined> {
    return readFile(join(this.path, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return undefined;
    });
  }

  async write(name: string, content: string): Promise<void> {
    const path = join(this.path, name);
    const file = await open(`${path}${UNFINISHED}`, 'w', 0o600);
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${path}${UNFINISHED}`, path);
  }

  /** Adds a line; a crash may leave a part of it. */
  async append(name: string, line: string): Promise<void> {
    const file = await open(join(this.path, name), 'a', 0o600);
    try {
      await file.writeFile(`${line}\n`);
    } finally {
      await file.close();
    }
  }

  remove(name: string): Promise<void> {
    return rm(join(this.path, name), { force: true });
  }
}
