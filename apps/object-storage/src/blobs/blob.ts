import { Unavailable, type Id } from '@virga/kernel';
import type { Microseconds } from '../timestamps/index.js';
import { STAGED_LIFETIME } from './lifetimes.js';

export type BlobId = Id<'blob'>;

/** What it takes to read a blob. */
export interface KnownBlob {
  id: BlobId;
  /** The id of its `ObjectStore`. */
  store: string;
  location: string;
  sizeBytes: number;
  /** Of the bytes as they are stored. */
  crc32: number;
  /** The root key under which its own key is sealed; null for bytes that are kept in clear. */
  keyId: number | null;
  sealedKey: Buffer | null;
}

/** A blob that has no row yet: its bytes are durable, and nobody sees them. */
export interface StagedBlob extends KnownBlob {
  segment: string | null;
  stagedAt: Microseconds;
}

/** Bytes that are durable and that nobody sees until they are committed, within the hour. */
export interface Staged {
  sizeBytes: number;
  /** In hexadecimal, of the bytes as they came. */
  md5: string;
  /** Absent where there were no bytes. */
  blob?: StagedBlob;
}

/** The bytes are gone or not what was written; the scrubber has been told. */
export class BlobUnreadable extends Unavailable {
  constructor(options: { cause?: unknown } = {}) {
    super('object-storage.bytes.unreadable', 'The bytes of this object cannot be read right now.', options);
  }
}

/** The collector may be about to take the bytes: they were staged too long ago. */
export class StagedExpired extends Unavailable {
  constructor() {
    super('object-storage.staged.expired', 'The upload took too long to be finished; send it again.');
  }
}

/** Throws `StagedExpired` for bytes that are too old at `now` to be given a row. */
export function requireFresh(blob: StagedBlob, now: Microseconds): void {
  if (blob.stagedAt < now - STAGED_LIFETIME * 1000) throw new StagedExpired();
}
