import type { Readable } from 'node:stream';
import type { ByteRange } from './image-store.js';

/** Bytes that a store holds durably. */
export interface KeptBytes {
  /** Where the store keeps them; opaque, at most 200 characters, never given twice. */
  location: string;
  /** What is compacted as a whole and holds these bytes; absent where they stand alone. */
  segment?: string;
  sizeBytes: number;
  /** CRC-32C of the bytes, which the scrubber compares. */
  crc32c: number;
}

export interface SegmentUse {
  segment: string;
  sizeBytes: number;
  /** Whether nothing will be appended to it any more. */
  isSealed: boolean;
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
   * `maxBytes`. A failure or abort leaves nothing that anybody could see.
   */
  write(bytes: Buffer | Readable, options: { maxBytes: number }, signal: AbortSignal): Promise<KeptBytes>;
  /** A Buffer where the asked range is small and at hand, else a stream. Throws `Refused` where there are no such bytes. */
  read(location: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Buffer | Readable>;
  /** Lets go of the bytes. Those in a segment stay until it is removed. Already gone is success. */
  remove(location: string, signal: AbortSignal): Promise<void>;
  /** Everything that stands alone, with its last change, for collecting what no row points to. */
  list(signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }>;
  segments(signal: AbortSignal): Promise<SegmentUse[]>;
  /** Removes a sealed segment. Whoever reads from it reads to the end. */
  removeSegment(segment: string, signal: AbortSignal): Promise<void>;
}
