import { addAbortSignal, type Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { mapLimit, minutes, type Clock } from '@virga/kernel';
import { Refused, type ByteRange, type KeptBytes, type ObjectStore, type SegmentUse, type Verdict } from '@virga/ports';
import { codeOf, type Disk } from './disk.js';
import { noSuchBytes, tooLarge, translated, translatedRead } from './failures.js';
import { LargeFiles } from './files.js';
import { gathered } from './gather.js';
import { parseLocation, parseSegment, segmentPath, type LogLocation } from './location.js';
import { NodeDisk } from './node-disk.js';
import { OpenFiles } from './open-files.js';
import { HEADER_BYTES } from './record.js';
import { SegmentLog, type SegmentLimits } from './segment-log.js';

// How far the clocks of two machines that share the directory may be apart.
const CLOCK_MARGIN_MS = minutes(10);

export interface LocalStoreOptions extends SegmentLimits {
  /** What is larger is a file of its own. */
  recordBytes: number;
  /** How many segments are kept open for reading. */
  openSegments: number;
}

const DEFAULTS: LocalStoreOptions = {
  segmentBytes: 256 * 1024 * 1024, segmentLifeMs: minutes(60), recordBytes: 1024 * 1024, openSegments: 128,
};

/**
 * Objects in one directory: small ones in append-only segments, large ones as files.
 *
 * Theory of operation. What `write` answers for is on the medium: `SegmentLog` and `LargeFiles` say how. Several processes may
 * use the directory at the same time, because none ever writes to what another one made, and names are random. A process that dies
 * anywhere leaves torn tails that nobody reads, and whole bytes that no row points to; the first go with their segment, the second
 * through `list` and `segments`. Reading does not compare checksums: who reads knows the right one, and a row's is worth more
 * than one that lies beside the bytes. The headers in segments are for people who have lost the rows.
 *
 * Costs, measured with Node 24 on two cores, 4 KiB each, 16 writers (processor time, kernel's included):
 * a file per object with sync and rename 220 µs; a log with `writev` and `fdatasync` 10.2 µs; with one `writev` under O_DSYNC
 * 7.5 µs; copied into one buffer first 8.4 µs. Files allocated or zeroed ahead are no better at this batch size (8.2 and 7.6 µs) and
 * would hide how much of a segment is used. A read through a kept descriptor takes 7 to 9 µs, with open and close 12 µs.
 * CRC-32 of 4 KiB takes 0.9 µs. The store as a whole, on the same machine under load: 35 µs a PUT, 20 µs a GET.
 */
export class LocalObjectStore implements ObjectStore {
  readonly id = 'local';
  private readonly options: LocalStoreOptions;
  private readonly log: SegmentLog;
  private readonly files: LargeFiles;
  private readonly segmentFiles: OpenFiles;

  protected constructor(private readonly disk: Disk, private readonly clock: Clock, options: Partial<LocalStoreOptions>) {
    this.options = { ...DEFAULTS, ...options };
    this.log = new SegmentLog(disk, clock, this.options);
    this.files = new LargeFiles(disk);
    this.segmentFiles = new OpenFiles(disk, clock, this.options.openSegments);
  }

  /** The store below `directory`, which is made if need be. Close it to seal its segment. */
  static async open(directory: string, clock: Clock, options: Partial<LocalStoreOptions> = {}): Promise<LocalObjectStore> {
    const store = new LocalObjectStore(new NodeDisk(directory), clock, options);
    await store.prepare();
    return store;
  }

  /** Writes what waits, seals the segment and closes files. Reading goes on. */
  async close(): Promise<void> {
    await this.log.close();
    await this.segmentFiles.dropAll();
  }

  async write(bytes: Buffer | Readable, { maxBytes }: { maxBytes: number }, signal: AbortSignal): Promise<KeptBytes> {
    signal.throwIfAborted();
    try {
      return await (Buffer.isBuffer(bytes) ? this.writeBuffer(bytes, maxBytes, signal) : this.writeStream(bytes, maxBytes, signal));
    } catch (error) {
      signal.throwIfAborted();
      throw translated(error);
    }
  }

  async read(location: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Buffer | Readable> {
    signal.throwIfAborted();
    const place = parseLocation(location);
    if (place.kind === 'incoming') throw noSuchBytes();
    try {
      if (place.kind !== 'log') return await this.files.read(place.path, range, signal);
      return await this.readRecord(place, range);
    } catch (error) {
      throw translatedRead(error);
    }
  }

  async verify(location: string, expected: number, signal: AbortSignal): Promise<Verdict> {
    signal.throwIfAborted();
    const place = parseLocation(location);
    try {
      const found = place.kind === 'log' ? crc32(await this.readRecord(place)) : await this.files.crc32(place.path, signal);
      return found === expected ? 'intact' : 'damaged';
    } catch (error) {
      signal.throwIfAborted();
      return verdictOf(error);
    }
  }

  async remove(location: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const place = parseLocation(location);
    if (place.kind === 'log') return;
    await this.disk.remove(place.path).catch((error: unknown) => { throw translated(error); });
  }

  list(signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }> {
    return this.files.list(signal);
  }

  async segments(signal: AbortSignal): Promise<SegmentUse[]> {
    this.segmentFiles.dropIdle();
    const names: string[] = [];
    for await (const name of this.disk.names('log')) {
      signal.throwIfAborted();
      if (parseSegment(name) !== undefined) names.push(name);
    }
    const uses = await mapLimit(names, 8, (name) => this.useOf(name));
    return uses.filter((use) => use !== undefined);
  }

  async removeSegment(segment: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const use = await this.useOf(segment);
    if (use === undefined) return;
    if (!use.isSealed) throw new Refused('object-store', 'the segment is still written to');
    await this.disk.remove(segmentPath(segment)).catch((error: unknown) => { throw translated(error); });
    await this.segmentFiles.drop(segmentPath(segment));
  }

  protected async prepare(): Promise<void> {
    for (const directory of ['log', 'file', 'incoming']) await this.disk.makeDirectory(directory);
    await this.disk.syncDirectory('.');
  }

  private async writeBuffer(bytes: Buffer, maxBytes: number, signal: AbortSignal): Promise<KeptBytes> {
    if (bytes.length > maxBytes) throw tooLarge(maxBytes);
    if (bytes.length <= this.options.recordBytes) return this.log.append(bytes, signal);
    return this.files.write(onlyThis([bytes]), signal);
  }

  /** A stream that ends early goes with the small ones. */
  private async writeStream(bytes: Readable, maxBytes: number, signal: AbortSignal): Promise<KeptBytes> {
    // Without this a source that says nothing would keep the caller waiting after it has gone.
    addAbortSignal(signal, bytes);
    const pieces = gathered(bytes, this.options.recordBytes, maxBytes);
    try {
      const { value } = await pieces.next();
      const first: Buffer[] = value ?? [];
      const size = first.reduce((sum, { length }) => sum + length, 0);
      if (size < this.options.recordBytes) return await this.log.append(Buffer.concat(first, size), signal);
      return await this.files.write(startingWith(first, pieces), signal);
    } finally {
      await pieces.return(undefined);
    }
  }

  private readRecord({ segment, offset, length }: LogLocation, range?: ByteRange): Promise<Buffer> {
    const first = range?.first ?? 0;
    const end = Math.min(range === undefined ? length : range.last + 1, length);
    return this.segmentFiles.using(segmentPath(segment), async (file) => {
      const bytes = Buffer.allocUnsafe(Math.max(0, end - first));
      if (await file.read(bytes, offset + HEADER_BYTES + first) < bytes.length) throw noSuchBytes();
      return bytes;
    });
  }

  private async useOf(segment: string): Promise<SegmentUse | undefined> {
    const begun = parseSegment(segment);
    if (begun === undefined) throw new Refused('object-store', 'there is no such segment');
    const look = await this.disk.look(segmentPath(segment));
    if (look === undefined) return undefined;
    const isTooOld = this.clock.now() > begun.createdAt + this.options.segmentLifeMs + CLOCK_MARGIN_MS;
    const isSealed = segment !== this.log.current && (look.isReadOnly || isTooOld);
    return { segment, sizeBytes: look.sizeBytes, overheadBytes: HEADER_BYTES, isSealed, modifiedAt: look.modifiedAt };
  }
}

function verdictOf(error: unknown): Verdict {
  if (error instanceof Refused || codeOf(error) === 'ENOENT') return 'missing';
  // EIO: the medium says itself that it cannot give these bytes back. A stream has it as its cause.
  if (codeOf(error) === 'EIO' || codeOf((error as Error).cause) === 'EIO') return 'damaged';
  throw translated(error);
}

async function* onlyThis(chunks: Buffer[]): AsyncIterable<Buffer[]> {
  yield chunks;
}

async function* startingWith(first: Buffer[], rest: AsyncIterable<Buffer[]>): AsyncIterable<Buffer[]> {
  yield first;
  yield* rest;
}
