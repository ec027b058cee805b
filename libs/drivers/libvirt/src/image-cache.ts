import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { unlessAborted, type Clock } from '@virga/kernel';
import { DriverUnavailable, Refused, type SeedDisk } from '@virga/ports';
import { absent, syncDirectory } from './durable-files.js';

/** Opens an image's bytes, for example over HTTP from the image service. */
export type FetchImage = (imageId: string, signal: AbortSignal) => Promise<Readable>;

export interface ImageCacheOptions {
  /** Must be on the same file system as the guests' directories: guests keep hard links of what they use. */
  directory: string;
  fetch: FetchImage;
  /**
   * How many bytes of images that no guest uses are kept. Too low: every first guest of an image waits for its download.
   * Too high: disk space that guests could have.
   */
  unusedLimitBytes: number;
  clock: Clock;
}

interface Download {
  result: Promise<string>;
  waiting: number;
  stop: AbortController;
}

const PART_SUFFIX = '.part';
const SHA512 = /^[0-9a-f]{128}$/;

/**
 * Images on this host, one file per content, named by its SHA-512.
 *
 * Theory of operation. A file appears under its name only complete, verified and synced; whatever a crash leaves behind
 * ends in `.part` and is removed at the next start. Requests for one content share one download, which stops when the last
 * of them gives up. A guest holds a hard link of its own, so the link count says whether an image is used, and evicting
 * one can never hurt a guest, not even in the moment between finding it here and linking it: linking looks again.
 */
export class ImageCache {
  private readonly downloads = new Map<string, Download>();

  private constructor(private readonly options: ImageCacheOptions) {}

  static async open(options: ImageCacheOptions): Promise<ImageCache> {
    await mkdir(options.directory, { recursive: true });
    for (const name of await readdir(options.directory)) {
      if (name.endsWith(PART_SUFFIX)) await rm(join(options.directory, name), { force: true });
    }
    const cache = new ImageCache(options);
    await cache.evictUnused();
    return cache;
  }

  get directory(): string {
    return this.options.directory;
  }

  /** The path of the image's file, fetched where it is not here yet. `Refused` where the bytes are not what the hash says. */
  async ensure(seed: SeedDisk, signal: AbortSignal): Promise<string> {
    if (!SHA512.test(seed.sha512)) throw new Refused('image cache', `image ${seed.imageId} has no SHA-512 hash`);
    const file = join(this.options.directory, seed.sha512);
    if (await stat(file).catch(absent)) {
      await this.touch(file);
      return file;
    }
    return this.shared(seed, signal);
  }

  /** Makes `destination` a hard link of the image; one that is there already is replaced only if it is another image. */
  async linkTo(destination: string, seed: SeedDisk, signal: AbortSignal): Promise<void> {
    for (;;) {
      const file = await this.ensure(seed, signal);
      const [image, present] = await Promise.all([stat(file).catch(absent), stat(destination).catch(absent)]);
      if (image === undefined) continue;
      if (image.ino === present?.ino && image.dev === present.dev) return;
      await rm(destination, { force: true });
      if (await link(file, destination).then(() => true, absent)) return;
    }
  }

  /** Removes images that no guest uses, least recently wanted first, until they fit the limit; answers the freed bytes. */
  async evictUnused(): Promise<number> {
    const unused = (await this.files()).filter((file) => file.links === 1).sort((one, other) => other.wantedAt - one.wantedAt);
    let kept = 0;
    let freed = 0;
    for (const file of unused) {
      if (kept + file.sizeBytes <= this.options.unusedLimitBytes) {
        kept += file.sizeBytes;
        continue;
      }
      await rm(file.path, { force: true });
      freed += file.sizeBytes;
    }
    return freed;
  }

  private async files(): Promise<{ path: string; links: number; sizeBytes: number; wantedAt: number }[]> {
    const found = [];
    for (const name of await readdir(this.options.directory)) {
      const path = join(this.options.directory, name);
      const facts = SHA512.test(name) ? await stat(path).catch(absent) : undefined;
      if (facts) found.push({ path, links: facts.nlink, sizeBytes: facts.size, wantedAt: facts.mtimeMs });
    }
    return found;
  }

  private async touch(file: string): Promise<void> {
    const now = this.options.clock.now() / 1000;
    await utimes(file, now, now).catch(absent);
  }

  private async shared(seed: SeedDisk, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const download = this.downloads.get(seed.sha512) ?? this.begin(seed);
    download.waiting += 1;
    try {
      return await unlessAborted(download.result, signal);
    } finally {
      download.waiting -= 1;
      if (download.waiting === 0) this.end(seed, download);
    }
  }

  /** Whoever asks from now on begins anew. */
  private end(seed: SeedDisk, download: Download): void {
    if (this.downloads.get(seed.sha512) === download) this.downloads.delete(seed.sha512);
    download.stop.abort(new Error('Nobody waits for this image any more.'));
  }

  private begin(seed: SeedDisk): Download {
    const stop = new AbortController();
    const result = this.download(seed, stop.signal);
    // Whoever waits sees the failure; when all of them have gone, nobody does.
    result.catch(() => undefined);
    const download = { result, waiting: 0, stop };
    this.downloads.set(seed.sha512, download);
    return download;
  }

  private async download(seed: SeedDisk, signal: AbortSignal): Promise<string> {
    const part = join(this.options.directory, `${randomUUID()}${PART_SUFFIX}`);
    const file = join(this.options.directory, seed.sha512);
    try {
      await this.receive(seed, part, signal);
      await this.touch(part);
      await rename(part, file);
      await syncDirectory(this.options.directory);
      return file;
    } catch (error) {
      await rm(part, { force: true });
      throw error instanceof Refused || signal.aborted ? error : new DriverUnavailable('image cache', { cause: error });
    }
  }

  private async receive(seed: SeedDisk, part: string, signal: AbortSignal): Promise<void> {
    const bytes = await this.options.fetch(seed.imageId, signal);
    const handle = await open(part, 'wx', 0o600);
    try {
      const { sha512, sizeBytes } = await copy(bytes, handle, seed.sizeBytes, signal);
      if (sizeBytes !== seed.sizeBytes || sha512 !== seed.sha512) {
        throw new Refused('image cache', `the bytes of image ${seed.imageId} are not what its record says`);
      }
      await handle.sync();
    } finally {
      bytes.destroy();
      await handle.close();
    }
  }
}

/** Stops at the first byte too many: an image service that sends without end must not fill the disk. */
async function copy(
  bytes: Readable, handle: FileHandle, mostBytes: number, signal: AbortSignal,
): Promise<{ sha512: string; sizeBytes: number }> {
  const hash = createHash('sha512');
  let sizeBytes = 0;
  signal.throwIfAborted();
  const stop = (): void => { bytes.destroy(signal.reason as Error); };
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      sizeBytes += chunk.length;
      if (sizeBytes > mostBytes) break;
      hash.update(chunk);
      await handle.appendFile(chunk);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return { sha512: hash.digest('hex'), sizeBytes };
}
