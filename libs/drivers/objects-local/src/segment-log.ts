import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Clock } from '@virga/kernel';
import { DriverUnavailable, type KeptBytes } from '@virga/ports';
import type { Disk, OutputFile } from './disk.js';
import { translated } from './failures.js';
import { logLocation, segmentPath } from './location.js';
import { HEADER_BYTES, writeHeader } from './record.js';

// One vector of a system call takes 1,024 pieces: a header and the bytes for each.
const BATCH_RECORDS = 512;
const BATCH_BYTES = 8 * 1024 * 1024;

export interface SegmentLimits {
  /** A segment that has reached this size is sealed. */
  segmentBytes: number;
  /** Nothing is appended to a segment that was begun longer ago, in milliseconds. */
  segmentLifeMs: number;
}

interface Waiting {
  bytes: Buffer;
  signal: AbortSignal;
  resolve(kept: KeptBytes): void;
  reject(error: unknown): void;
}

interface OpenSegment {
  name: string;
  id: string;
  file: OutputFile;
  createdAt: number;
  /** Where the next record goes: everything before was acknowledged. */
  end: number;
}

/**
 * Appends small objects to segments of its own.
 *
 * Theory of operation. Whoever appends while a write is under way waits for the next, which takes all of them: one `writev` to a
 * file opened with O_DSYNC, so that the cost of durability is shared. A segment is created and its name made durable before
 * its first record is acknowledged. It is appended to by nobody but this object, and only for a limited life that its name tells;
 * therefore a process that died needs no recovery: its torn tail is never written over, never read (no location points there),
 * and other processes know by the clock when the segment is sealed. That is looked at before and after each write, so that a process that
 * slept in between does not acknowledge bytes in a segment which others already take for sealed: it writes them again.
 * After a failed write a segment is not used again, because what lies behind its last record is unknown.
 */
export class SegmentLog {
  private queue: Waiting[] = [];
  private segment: OpenSegment | undefined;
  private working: Promise<void> | undefined;
  private isClosed = false;

  constructor(private readonly disk: Disk, private readonly clock: Clock, private readonly limits: SegmentLimits) {}

  /** The segment that is being appended to. */
  get current(): string | undefined {
    return this.segment?.name;
  }

  /** Resolves when the bytes are durable. They must not change until then. */
  append(bytes: Buffer, signal: AbortSignal): Promise<KeptBytes> {
    if (this.isClosed) return Promise.reject(new DriverUnavailable('object-store', { cause: new Error('the store is closed') }));
    return new Promise((resolve, reject) => {
      this.queue.push({ bytes, signal, resolve, reject });
      this.working ??= this.work();
    });
  }

  /** Writes what waits and seals the segment. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.working;
    await this.seal();
  }

  private async work(): Promise<void> {
    // The others that are ready in this turn of the event loop come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0) {
      const batch = this.takeBatch();
      if (batch.length > 0) await this.commit(batch);
    }
    this.working = undefined;
  }

  private takeBatch(): Waiting[] {
    let count = 0;
    for (let size = 0; count < this.queue.length && count < BATCH_RECORDS && size < BATCH_BYTES; count += 1) {
      size += (this.queue[count] as Waiting).bytes.length;
    }
    return this.queue.splice(0, count).filter((waiting) => !hasGone(waiting));
  }

  private async commit(batch: Waiting[]): Promise<void> {
    try {
      for (let kept: KeptBytes[] | undefined; kept === undefined;) {
        kept = await this.writeOnce(batch);
        kept?.forEach((one, index) => answer(batch[index] as Waiting, one));
      }
    } catch (error) {
      const reason = translated(error);
      for (const waiting of batch) waiting.reject(reason);
    }
  }

  /** Undefined if the segment's life ended while it was written. */
  private async writeOnce(batch: Waiting[]): Promise<KeptBytes[] | undefined> {
    const segment = await this.usableSegment();
    const { pieces, kept, end } = laidOut(batch, segment);
    try {
      await segment.file.write(pieces);
    } catch (error) {
      await this.seal();
      throw error;
    }
    if (this.isOver(segment)) return undefined;
    segment.end = end;
    return kept;
  }

  private async usableSegment(): Promise<OpenSegment> {
    if (this.segment !== undefined && (this.segment.end >= this.limits.segmentBytes || this.isOver(this.segment))) await this.seal();
    this.segment ??= await this.begin();
    return this.segment;
  }

  private isOver({ createdAt }: OpenSegment): boolean {
    const age = this.clock.now() - createdAt;
    // A clock that was set back makes a segment begin in the future: it would live too long.
    return age > this.limits.segmentLifeMs || age < -this.limits.segmentLifeMs;
  }

  private async begin(): Promise<OpenSegment> {
    const createdAt = Math.floor(this.clock.now());
    const id = randomBytes(8).toString('hex');
    const name = `${createdAt}-${id}`;
    const file = await this.disk.create(segmentPath(name), { isDurable: true });
    try {
      await this.disk.syncDirectory('log');
    } catch (error) {
      await file.close();
      await this.disk.remove(segmentPath(name));
      throw error;
    }
    return { name, id, file, createdAt, end: 0 };
  }

  /** Leaves the segment as it was acknowledged, read-only as a sign to other processes. */
  private async seal(): Promise<void> {
    const { segment } = this;
    if (segment === undefined) return;
    this.segment = undefined;
    const { file, name, end } = segment;
    // None of this has to succeed: garbage at the end is harmless, and time seals what has no sign.
    await Promise.allSettled([file.cut(end), file.makeReadOnly()]);
    await file.close().catch(() => undefined);
    if (end === 0) await this.disk.remove(segmentPath(name)).catch(() => undefined);
  }
}

function hasGone({ signal, reject }: Waiting): boolean {
  if (signal.aborted) reject(signal.reason);
  return signal.aborted;
}

function answer(waiting: Waiting, kept: KeptBytes): void {
  if (!hasGone(waiting)) waiting.resolve(kept);
}

function laidOut(batch: Waiting[], segment: OpenSegment): { pieces: Buffer[]; kept: KeptBytes[]; end: number } {
  const headers = Buffer.allocUnsafe(batch.length * HEADER_BYTES);
  const pieces: Buffer[] = [];
  const kept: KeptBytes[] = [];
  let end = segment.end;
  for (const [index, { bytes }] of batch.entries()) {
    const header = headers.subarray(index * HEADER_BYTES, (index + 1) * HEADER_BYTES);
    const checksum = crc32(bytes);
    writeHeader(header, { segment: segment.id, offset: end }, { length: bytes.length, crc32: checksum });
    pieces.push(header, bytes);
    kept.push({ location: logLocation(segment.name, end, bytes.length), segment: segment.name, sizeBytes: bytes.length, crc32: checksum });
    end += HEADER_BYTES + bytes.length;
  }
  return { pieces, kept, end };
}
