import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, opendir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { DriverUnavailable, Refused, type ByteRange, type ImageStore, type StoredBlob } from '@virga/ports';
import { BlobDigest } from './blob-digest.js';

const LOCATION = /^[0-9a-f]{2}\/[0-9a-f-]{36}$/;
const INCOMING = 'incoming';

/**
 * Image bytes as files below one directory.
 *
 * Theory of operation. A blob is written under `incoming/`, synced, and renamed to its place, and the directory is synced:
 * what has a location is complete and durable. A process that dies in the middle leaves a file in `incoming/` or one that
 * no row points to; `list` names both, and the image service's collector removes them. Locations are random, so nothing
 * is ever overwritten and two writers cannot meet.
 */
export class FileImageStore implements ImageStore {
  readonly id = 'file';

  constructor(private readonly directory: string) {}

  async write(bytes: Readable, { maxBytes }: { maxBytes: number }, signal: AbortSignal): Promise<StoredBlob> {
    const name = randomUUID();
    const location = `${name.slice(0, 2)}/${name}`;
    const temporary = join(this.directory, INCOMING, name);
    await mkdir(dirname(temporary), { recursive: true, mode: 0o700 });
    try {
      const digest = await this.copy(bytes, temporary, maxBytes, signal);
      await this.place(temporary, location);
      return { location, ...digest.result() };
    } catch (error) {
      await rm(temporary, { force: true });
      throw translated(error);
    }
  }

  async read(location: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Readable> {
    const file = await open(this.path(location)).catch((error: unknown) => {
      throw isAbsent(error) ? new Refused('image-store', 'there is no such blob', { cause: error }) : translated(error);
    });
    return createReadStream('', { fd: file, signal, highWaterMark: 256 * 1024, ...(range && { start: range.first, end: range.last }) });
  }

  async remove(location: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await rm(this.path(location), { force: true });
  }

  async* list(signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }> {
    for await (const shard of entries(this.directory)) {
      for await (const name of entries(join(this.directory, shard))) {
        signal.throwIfAborted();
        const found = await stat(join(this.directory, shard, name)).catch(() => undefined);
        if (found?.isFile() === true) yield { location: `${shard}/${name}`, modifiedAt: found.mtimeMs };
      }
    }
  }

  private async copy(bytes: Readable, path: string, maxBytes: number, signal: AbortSignal): Promise<BlobDigest> {
    const digest = new BlobDigest(maxBytes);
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of bytes) {
        signal.throwIfAborted();
        digest.add(chunk as Buffer);
        await writeAll(file, chunk as Buffer);
      }
      signal.throwIfAborted();
      await file.datasync();
    } finally {
      await file.close();
    }
    return digest;
  }

  private async place(temporary: string, location: string): Promise<void> {
    const target = join(this.directory, location);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(temporary, target);
    await syncDirectory(dirname(target));
    await syncDirectory(this.directory);
  }

  private path(location: string): string {
    if (!LOCATION.test(location) && !/^incoming\/[0-9a-f-]{36}$/.test(location)) throw new Refused('image-store', 'the location is malformed');
    return join(this.directory, location);
  }
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  await directory.sync().finally(() => directory.close());
}

async function* entries(path: string): AsyncIterable<string> {
  try {
    for await (const entry of await opendir(path)) yield entry.name;
  } catch (error) {
    if (!isAbsent(error) && (error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE']);

function translated(error: unknown): unknown {
  return FULL.has((error as NodeJS.ErrnoException).code ?? '') ? new DriverUnavailable('image-store', { cause: error }) : error;
}
