import type { Readable } from 'node:stream';
import type { ByteRange } from './image-store.js';

/** Bytes that a store holds durably. */
export interface KeptBytes {
  /** Where the store keeps them; opaque, at most 200 characters, never given twice. */
  location: string;
  /** What is compacted as a whole and holds these bytes; absent where they stand alone. */
  segment?: string;
  sizeBytes: number;
  /** CRC-32 of the bytes (`crc32` of node:zlib, which is hardware-fast), which the scrubber compares. */
  crc32: number;
}

/** What a look at kept bytes found. */
export type Verdict = 'intact' | 'damaged' | 'missing';

export interface SegmentUse {
  segment: string;
  sizeBytes: number;
  /** What each object in it takes beside its own bytes. */
  overheadBytes: number;
  /** Whether nothing will be appended to it any more. Rows of its last bytes may still be on their way: see `modifiedAt`. */
  isSealed: boolean;
  /** Milliseconds since the epoch. Who removes a segment waits after this for longer than a row may follow its bytes. */
  modifiedAt: number;
}

/**
 * Keeps the bytes of objects. What `write` has answered for is durable and never changes; what it has not answered for is
 * nobody's and may be collected. Two processes may write to one store at the same time.
 */
export interface ObjectStore {
  readonly id: string;
  /**
   * Keeps all of `bytes`; a Buffer is for what is small and is kept with others in one synced write. Throws `Refused` beyond
   * `maxBytes`. A failure or abort leaves nothing that anybody could see. A stream that was not read to its end stays open
   * after a failure (it may be a request that is still to be answered) and is destroyed by an abort. Its chunks become the store's
   * own, which lets go of their memory; a Buffer stays the caller's, and must not be changed.
   */
  write(bytes: Buffer | Readable, options: { maxBytes: number }, signal: AbortSignal): Promise<KeptBytes>;
  /**
   * A Buffer where the asked range is small and at hand, else a stream; both belong to the reader. A range beyond the end is cut to it. The bytes come
   * as the medium has them: who knows their checksum compares. Throws `Refused` where there are no such bytes.
   */
  read(location: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Buffer | Readable>;
  /** Reads all of it and compares; what cannot be read is damaged. Throws `Unavailable` only where the whole store is. */
  verify(location: string, crc32: number, signal: AbortSignal): Promise<Verdict>;
  /** Lets go of the bytes. Those in a segment stay until it is removed. Already gone is success. */
  remove(location: string, signal: AbortSignal): Promise<void>;
  /** Everything that stands alone, with its last change, for collecting what no row points to. */
  list(signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }>;
  segments(signal: AbortSignal): Promise<SegmentUse[]>;
  /** Removes a sealed segment. Whoever reads from it reads to the end. */
  removeSegment(segment: string, signal: AbortSignal): Promise<void>;
}
