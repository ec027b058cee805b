import type { Readable } from 'node:stream';

export interface StoredBlob {
  /** Where the store keeps it; opaque, stable, and unique to this write. */
  location: string;
  sizeBytes: number;
  sha512: string;
  md5: string;
}

/** Both ends inclusive, as in HTTP (RFC 9110 §14). */
export interface ByteRange {
  first: number;
  last: number;
}

/** Keeps image bytes. A blob is written once, is complete when `write` resolves, and never changes. */
export interface ImageStore {
  readonly id: string;
  /** Streams `bytes` to durable storage; a failure or abort leaves nothing behind. */
  write(bytes: Readable, options: { maxBytes: number }, signal: AbortSignal): Promise<StoredBlob>;
  /** Throws `Refused` where there is no such blob. */
  read(location: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Readable>;
  /** Already gone is success. */
  remove(location: string, signal: AbortSignal): Promise<void>;
  /** Every location with its last change, for collecting what no row points to. */
  list(signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }>;
}
