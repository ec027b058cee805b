import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { Refused, type ByteRange, type KeptBytes, type ObjectStore, type Verdict } from '@virga/ports';

/** The plainest store there can be: one file for everything. */
export class DirectoryStore implements ObjectStore {
  readonly id = 'local';

  constructor(private readonly directory: string) {}

  async write(bytes: Buffer | Readable, { maxBytes }: { maxBytes: number }): Promise<KeptBytes> {
    const location = randomUUID();
    const file = await open(join(this.directory, `${location}.new`), 'wx');
    let sizeBytes = 0;
    let sum = 0;
    try {
      for await (const chunk of Buffer.isBuffer(bytes) ? [bytes] : bytes as AsyncIterable<Buffer>) {
        sizeBytes += chunk.length;
        if (sizeBytes > maxBytes) throw new Refused('object store', 'too many bytes');
        sum = crc32(chunk, sum);
        await file.write(chunk);
      }
      await file.sync();
    } catch (error) {
      await rm(join(this.directory, `${location}.new`));
      throw error;
    } finally {
      await file.close();
    }
    await rename(join(this.directory, `${location}.new`), join(this.directory, location));
    return { location, sizeBytes, crc32: sum };
  }

  async read(location: string, range: ByteRange | undefined): Promise<Buffer | Readable> {
    const path = join(this.directory, location);
    const found = await stat(path).catch(() => { throw new Refused('object store', 'no such bytes'); });
    if (range === undefined && found.size < 65536) return readFile(path);
    return createReadStream(path, range === undefined ? {} : { start: range.first, end: range.last });
  }

  async verify(location: string, expected: number): Promise<Verdict> {
    const bytes = await readFile(join(this.directory, location)).catch(() => undefined);
    if (bytes === undefined) return 'missing';
    return crc32(bytes) === expected ? 'intact' : 'damaged';
  }

  async remove(location: string): Promise<void> {
    await rm(join(this.directory, location), { force: true });
  }

  async *list(): AsyncIterable<{ location: string; modifiedAt: number }> {
    for (const location of await readdir(this.directory)) yield { location, modifiedAt: (await stat(join(this.directory, location))).mtimeMs };
  }

  segments(): Promise<[]> {
    return Promise.resolve([]);
  }

  removeSegment(): Promise<void> {
    return Promise.resolve();
  }
}
