import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock } from '@virga/kernel';
import { DriverUnavailable, Refused, type ByteRange, type ImageStore, type StoredBlob } from '@virga/ports';
import { BlobDigest } from '../blob-digest.js';

/** The image store's twin, in memory; fails on demand. */
export class SimImageStore implements ImageStore {
  readonly id = 'file';
  private readonly blobs = new Map<string, { bytes: Buffer; modifiedAt: number }>();
  private failures = 0;

  constructor(private readonly clock: Clock) {}

  /** The next `times` calls find the store unavailable. */
  fail(times: number): void {
    this.failures = times;
  }

  /** How many blobs there are. */
  get size(): number {
    return this.blobs.size;
  }

  async write(bytes: Readable, { maxBytes }: { maxBytes: number }, signal: AbortSignal): Promise<StoredBlob> {
    this.requireAvailable();
    const digest = new BlobDigest(maxBytes);
    const chunks: Buffer[] = [];
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      digest.add(chunk as Buffer);
      chunks.push(chunk as Buffer);
    }
    signal.throwIfAborted();
    const location = `sim/${randomUUID()}`;
    this.blobs.set(location, { bytes: Buffer.concat(chunks), modifiedAt: this.clock.now() });
    return { location, ...digest.result() };
  }

  async read(location: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Readable> {
    this.requireAvailable();
    signal.throwIfAborted();
    const blob = this.blobs.get(location);
    if (blob === undefined) throw new Refused('image-store', 'there is no such blob');
    return Readable.from([range === undefined ? blob.bytes : blob.bytes.subarray(range.first, range.last + 1)], { objectMode: false });
  }

  async remove(location: string): Promise<void> {
    this.requireAvailable();
    this.blobs.delete(location);
  }

  async* list(): AsyncIterable<{ location: string; modifiedAt: number }> {
    this.requireAvailable();
    for (const [location, { modifiedAt }] of this.blobs) yield { location, modifiedAt };
  }

  private requireAvailable(): void {
    if (this.failures === 0) return;
    this.failures -= 1;
    throw new DriverUnavailable('image-store');
  }
}
