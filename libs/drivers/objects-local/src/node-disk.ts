import { constants, close, fchmod, fdatasync, fstat, fsync, ftruncate, mkdir, open, read, rename, writev, type Stats } from 'node:fs';
import { opendir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, type Disk, type FileLook, type InputFile, type OutputFile } from './disk.js';

const { O_WRONLY, O_CREAT, O_EXCL, O_RDONLY, O_DSYNC, O_NOFOLLOW } = constants;
const WRITE_BITS = 0o222;

/** A directory of a real file system. Callback functions with plain descriptors: half of what `FileHandle` costs per call. */
export class NodeDisk implements Disk {
  constructor(private readonly directory: string) {}

  async create(path: string, { isDurable }: { isDurable: boolean }): Promise<OutputFile> {
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | (isDurable ? O_DSYNC : 0);
    return new NodeOutput(await called<number>((done) => open(this.at(path), flags, 0o600, done)));
  }

  async open(path: string): Promise<InputFile> {
    const descriptor = await called<number>((done) => open(this.at(path), O_RDONLY | O_NOFOLLOW, done));
    try {
      const { size } = await called<Stats>((done) => fstat(descriptor, done));
      return new NodeInput(descriptor, size);
    } catch (error) {
      await closed(descriptor);
      throw error;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await called<void>((done) => rename(this.at(from), this.at(to), done));
  }

  async remove(path: string): Promise<void> {
    await rm(this.at(path), { force: true });
  }

  async makeDirectory(path: string): Promise<void> {
    await called<unknown>((done) => mkdir(this.at(path), { recursive: true, mode: 0o700 }, done));
  }

  async syncDirectory(path: string): Promise<void> {
    const descriptor = await called<number>((done) => open(this.at(path), O_RDONLY, done));
    // Not fdatasync: names are the metadata of a directory, which that need not keep.
    await called<void>((done) => fsync(descriptor, done)).finally(() => closed(descriptor));
  }

  async* names(path: string): AsyncIterable<string> {
    const directory = await opendir(this.at(path)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (directory === undefined) return;
    for await (const entry of directory) yield entry.name;
  }

  async look(path: string): Promise<FileLook | undefined> {
    const found = await stat(this.at(path)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (found?.isFile() !== true) return undefined;
    return { sizeBytes: found.size, modifiedAt: found.mtimeMs, isReadOnly: (found.mode & WRITE_BITS) === 0 };
  }

  private at(path: string): string {
    return join(this.directory, path);
  }
}

class NodeOutput implements OutputFile {
  constructor(private readonly descriptor: number) {}

  async write(buffers: Buffer[]): Promise<void> {
    // A short write is not an error: what did not fit comes as one by the next call, ENOSPC for example.
    for (let rest = buffers.filter(({ length }) => length > 0); rest.length > 0;) {
      const written = await called<number>((done) => writev(this.descriptor, rest, done));
      rest = withoutFirst(rest, written);
    }
  }

  async sync(): Promise<void> {
    await called<void>((done) => fdatasync(this.descriptor, done));
  }

  async cut(sizeBytes: number): Promise<void> {
    await called<void>((done) => ftruncate(this.descriptor, sizeBytes, done));
  }

  async makeReadOnly(): Promise<void> {
    await called<void>((done) => fchmod(this.descriptor, 0o400, done));
  }

  async close(): Promise<void> {
    await closed(this.descriptor);
  }
}

class NodeInput implements InputFile {
  constructor(private readonly descriptor: number, readonly sizeBytes: number) {}

  async read(into: Buffer, position: number): Promise<number> {
    let count = 0;
    while (count < into.length) {
      const more = await called<number>((done) => read(this.descriptor, into, count, into.length - count, position + count, done));
      if (more === 0) break;
      count += more;
    }
    return count;
  }

  async close(): Promise<void> {
    await closed(this.descriptor);
  }
}

type Callback<T> = (error: NodeJS.ErrnoException | null, result?: T) => void;

function called<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null ? resolve(result as T) : reject(error)));
  });
}

function closed(descriptor: number): Promise<void> {
  return called<void>((done) => close(descriptor, (error) => done(error ?? null)));
}

function withoutFirst(buffers: Buffer[], count: number): Buffer[] {
  let at = 0;
  for (let left = count; at < buffers.length; at += 1) {
    const { length } = buffers[at] as Buffer;
    if (left < length) return [(buffers[at] as Buffer).subarray(left), ...buffers.slice(at + 1)];
    left -= length;
  }
  return [];
}
