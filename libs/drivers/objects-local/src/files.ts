import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ByteRange, KeptBytes } from '@virga/ports';
import type { Disk, InputFile, OutputFile } from './disk.js';
import { noSuchBytes } from './failures.js';
import { FileStream } from './file-stream.js';

// Below this a range is read at once: a stream costs more than the bytes.
const AT_ONCE_BYTES = 256 * 1024;

/**
 * Keeps large objects as files.
 *
 * Theory of operation. A file is written under `incoming/`, synced, renamed into one of 256 directories, and that
 * directory is synced: what has a location is complete and durable. A process that dies in the middle leaves a file in `incoming/`
 * or one that no row points to; `list` names both, and the collector removes them. Names are random and never used again.
 */
export class LargeFiles {
  private readonly shards = new Set<string>();

  constructor(private readonly disk: Disk) {}

  /** Keeps all that `bytes` gives. The iterator is the caller's to close. */
  async write(bytes: AsyncIterable<Buffer[]>, signal: AbortSignal): Promise<KeptBytes> {
    const name = randomUUID();
    const temporary = `incoming/${name}`;
    const file = await this.disk.create(temporary, { isDurable: false });
    try {
      const sums = await copied(bytes, file, signal);
      const location = await this.place(temporary, name);
      return { location, ...sums };
    } catch (error) {
      // What cannot be removed now is collected later.
      await this.disk.remove(temporary).catch(() => undefined);
      throw error;
    }
  }

  async read(path: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Buffer | FileStream> {
    const file = await this.disk.open(path);
    const first = range?.first ?? 0;
    const last = Math.min(range?.last ?? Infinity, file.sizeBytes - 1);
    if (last - first >= AT_ONCE_BYTES) return new FileStream(file, first, last, signal);
    return readAtOnce(file, first, last).finally(() => file.close());
  }

  async crc32(path: string, signal: AbortSignal): Promise<number> {
    const bytes = await this.read(path, undefined, signal);
    if (Buffer.isBuffer(bytes)) return crc32(bytes);
    let sum = 0;
    for await (const chunk of bytes) sum = crc32(chunk as Buffer, sum);
    return sum;
  }

  async* list(signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }> {
    yield* this.listDirectory('incoming', signal);
    for await (const shard of this.disk.names('file')) yield* this.listDirectory(`file/${shard}`, signal);
  }

  private async* listDirectory(directory: string, signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }> {
    for await (const name of this.disk.names(directory)) {
      signal.throwIfAborted();
      const found = await this.disk.look(`${directory}/${name}`);
      if (found !== undefined) yield { location: `${directory}/${name}`, modifiedAt: found.modifiedAt };
    }
  }

  private async place(temporary: string, name: string): Promise<string> {
    const shard = `file/${name.slice(0, 2)}`;
    if (!this.shards.has(shard)) {
      await this.disk.makeDirectory(shard);
      await this.disk.syncDirectory('file');
      this.shards.add(shard);
    }
    const location = `${shard}/${name}`;
    await this.disk.rename(temporary, location);
    try {
      await this.disk.syncDirectory(shard);
    } catch (error) {
      await this.disk.remove(location).catch(() => undefined);
      throw error;
    }
    return location;
  }
}

async function copied(bytes: AsyncIterable<Buffer[]>, file: OutputFile, signal: AbortSignal): Promise<{ sizeBytes: number; crc32: number }> {
  let sizeBytes = 0;
  let sum = 0;
  try {
    for await (const chunks of bytes) {
      signal.throwIfAborted();
      for (const chunk of chunks) {
        sizeBytes += chunk.length;
        sum = crc32(chunk, sum);
      }
      await file.write(chunks);
    }
    signal.throwIfAborted();
    await file.sync();
    signal.throwIfAborted();
  } finally {
    await file.close();
  }
  return { sizeBytes, crc32: sum };
}

async function readAtOnce(file: InputFile, first: number, last: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, last - first + 1));
  if (await file.read(bytes, first) < bytes.length) throw noSuchBytes();
  return bytes;
}
