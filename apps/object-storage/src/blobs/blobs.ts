import { createHash, type Hash } from 'node:crypto';
import { Readable, pipeline } from 'node:stream';
import { crc32 } from 'node:zlib';
import { Inject, Injectable } from '@nestjs/common';
import { Bug, Invalid, newId, raise } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Refused, type ByteRange, type ObjectStore } from '@virga/ports';
import { Timestamps } from '../timestamps/index.js';
import { decipherAt, deciphering, encipher, newBlobKey } from './blob-cipher.js';
import { BlobUnreadable, type BlobId, type KnownBlob, type Staged, type StagedBlob } from './blob.js';
import { BlobsRepository } from './blobs.repository.js';
import { Checked } from './checked.js';
import { gather } from './gather.js';
import { RootKeys } from './root-keys.js';
import { OBJECT_STORES } from './tokens.js';

/**
 * Up to how many bytes are gathered in memory and kept beside others in one synced write.
 *
 * Too low: middling objects cost a file and several syncs each. Too high: many uploads at once take memory, and logs fill with
 * what compaction has to copy.
 */
const SMALL_BYTES = 128 * 1024;

export interface StageOptions {
  /** Beyond it: `BodyTooLarge`. */
  maxBytes: number;
  /** As the client announced it; a body of another length is `BodyIncomplete`. */
  contentLength?: number;
  signal: AbortSignal;
}

/** The body was longer than allowed. */
export class BodyTooLarge extends Invalid {
  constructor(maxBytes: number) {
    super('object-storage.body.too-large', `The body may have at most ${maxBytes} bytes.`, { status: 413 });
  }
}

/** The body ended before, or went on after, its announced length. */
export class BodyIncomplete extends Invalid {
  constructor() {
    super('object-storage.body.incomplete', 'The body does not have the announced length.', { status: 499 });
  }
}

/**
 * Keeps bytes, encrypted, in the stores.
 *
 * Theory of operation. `stage` makes bytes durable before any row speaks of them; the row is written by the transaction that makes
 * an object of them visible. If the process dies in between, the bytes belong to nobody and the collector finds them
 * by listing the store. Each blob has a key of its own, sealed under a root key, so the same counters are never used twice and
 * a range is decrypted from where it begins. Bytes are never changed in place; compaction may move them, so `open` looks a
 * location up again where it finds nothing.
 */
@Injectable()
export class Blobs {
  private readonly stores: ReadonlyMap<string, ObjectStore>;

  constructor(
    private readonly db: Database,
    private readonly repository: BlobsRepository,
    private readonly rootKeys: RootKeys,
    private readonly timestamps: Timestamps,
    @Inject(OBJECT_STORES) stores: readonly ObjectStore[],
  ) {
    this.stores = new Map(stores.map((store) => [store.id, store]));
  }

  store(id: string): ObjectStore {
    return this.stores.get(id) ?? raise(new Bug('object-storage.store.unknown', `There is no object store ${id}.`));
  }

  /** Makes bytes durable in a store; the stream is left as it is where it fails. Throws `BodyTooLarge`, `BodyIncomplete`. */
  async stage(storeId: string, bytes: Readable | Buffer, options: StageOptions): Promise<Staged> {
    requireSize(options, options.contentLength ?? 0);
    if (Buffer.isBuffer(bytes)) return this.stageBuffer(storeId, bytes, options);
    if ((options.contentLength ?? 0) > SMALL_BYTES) return this.stageStream(storeId, [], bytes, options);
    const { chunks, isWhole } = await gather(bytes, SMALL_BYTES, options.signal);
    if (!isWhole) return this.stageStream(storeId, chunks, bytes, options);
    return this.stageBuffer(storeId, chunks.length === 1 ? chunks[0] as Buffer : Buffer.concat(chunks), options);
  }

  /** The bytes in clear; all of them or a range that lies within them. */
  async open(blob: KnownBlob, range: ByteRange | undefined, signal: AbortSignal): Promise<Buffer | Readable> {
    const decipher = await this.decipherFrom(blob, range?.first ?? 0);
    const bytes = await this.read(blob, range, signal);
    const isWhole = range === undefined;
    if (Buffer.isBuffer(bytes)) {
      if (isWhole && crc32(bytes) !== blob.crc32) throw await this.hurt(blob, 'damaged');
      return decipher?.update(bytes) ?? bytes;
    }
    const checked = isWhole ? new Checked(blob.crc32, () => this.hurt(blob, 'damaged')) : undefined;
    const stages = [bytes, checked, deciphering(decipher)].filter((stage) => stage !== undefined);
    return stages.length === 1 ? bytes : pipeline(stages, () => undefined) as unknown as Readable;
  }

  /** Undefined for bytes that were kept in clear. */
  private async decipherFrom({ id, keyId, sealedKey }: KnownBlob, offset: number): Promise<ReturnType<typeof decipherAt> | undefined> {
    return keyId === null || sealedKey === null ? undefined : decipherAt((await this.rootKeys.get(keyId)).box.open(sealedKey, id), offset);
  }

  /** What is known of blobs that a row named before. */
  find(ids: readonly BlobId[]): Promise<KnownBlob[]> {
    return this.repository.find(this.db, ids);
  }

  /**
   * Lets go at once of staged bytes that are not going to be committed. Bytes that a row names after all stay, and a failure leaves
   * them to the collector. Small ones lie in a log among others': compaction leaves them behind.
   */
  async discard({ blob }: Staged): Promise<void> {
    if (blob === undefined || blob.segment !== null) return;
    try {
      const [named] = await this.find([blob.id]);
      if (named === undefined) await this.store(blob.store).remove(blob.location, AbortSignal.timeout(10_000));
    } catch {
      // The answer is why the bytes were refused, not that they are still there.
    }
  }

  private async stageBuffer(storeId: string, bytes: Buffer, options: StageOptions): Promise<Staged> {
    requireSize(options, bytes.length);
    if (options.contentLength !== undefined && bytes.length !== options.contentLength) throw new BodyIncomplete();
    const md5 = createHash('md5').update(bytes).digest('hex');
    if (bytes.length === 0) return { sizeBytes: 0, md5 };
    const key = newBlobKey();
    const blob = await this.write(storeId, key, encipher(key).update(bytes), options);
    return { sizeBytes: bytes.length, md5, blob };
  }

  private async stageStream(storeId: string, first: Buffer[], rest: Readable, options: StageOptions): Promise<Staged> {
    const hash = createHash('md5');
    const key = newBlobKey();
    const failure: { error?: unknown } = {};
    const enciphered = Readable.from(enciphering({ first, rest, key, hash, options, failure }), { objectMode: false, highWaterMark: SMALL_BYTES });
    try {
      const blob = await this.write(storeId, key, enciphered, options);
      return { sizeBytes: blob.sizeBytes, md5: hash.digest('hex'), blob };
    } catch (error) {
      throw failure.error ?? error;
    } finally {
      enciphered.destroy();
    }
  }

  private async write(storeId: string, key: Buffer, bytes: Buffer | Readable, { maxBytes, signal }: StageOptions): Promise<StagedBlob> {
    const rootKey = await this.rootKeys.current();
    const id = newId<'blob'>();
    const kept = await this.store(storeId).write(bytes, { maxBytes }, signal);
    return {
      id, store: storeId, location: kept.location, segment: kept.segment ?? null, sizeBytes: kept.sizeBytes, crc32: kept.crc32,
      keyId: rootKey.id, sealedKey: rootKey.box.seal(key, id), stagedAt: this.timestamps.next(),
    };
  }

  private async read(blob: KnownBlob, range: ByteRange | undefined, signal: AbortSignal): Promise<Buffer | Readable> {
    const store = this.store(blob.store);
    try {
      return await store.read(blob.location, range, signal);
    } catch (error) {
      signal.throwIfAborted();
      const [moved] = await this.find([blob.id]);
      if (moved !== undefined && moved.location !== blob.location) return this.store(moved.store).read(moved.location, range, signal);
      if (error instanceof Refused) throw await this.hurt(blob, 'missing', error);
      const verdict = await store.verify(blob.location, blob.crc32, signal);
      throw verdict === 'intact' ? error : await this.hurt(blob, verdict, error);
    }
  }

  private async hurt(blob: KnownBlob, verdict: 'damaged' | 'missing', cause?: unknown): Promise<BlobUnreadable> {
    await this.repository.mark(this.db, blob.id, blob.location, verdict);
    return new BlobUnreadable({ cause });
  }
}

interface Enciphering {
  first: Buffer[];
  rest: Readable;
  key: Buffer;
  hash: Hash;
  options: StageOptions;
  /** Set to what was wrong with the bytes: stores word what they are given in their own way. */
  failure: { error?: unknown };
}

async function* enciphering({ first, rest, key, hash, options, failure }: Enciphering): AsyncGenerator<Buffer> {
  const cipher = encipher(key);
  let sizeBytes = 0;
  const taken = (chunk: Buffer): Buffer => {
    sizeBytes += chunk.length;
    requireSize(options, sizeBytes);
    hash.update(chunk);
    return cipher.update(chunk);
  };
  try {
    for (const chunk of first) yield taken(chunk);
    // The stream may be a request's, which must live on to be answered.
    for await (const chunk of rest.iterator({ destroyOnReturn: false })) yield taken(chunk as Buffer);
    if (options.contentLength !== undefined && sizeBytes !== options.contentLength) throw new BodyIncomplete();
  } catch (error) {
    failure.error = error;
    throw error;
  }
}

function requireSize({ maxBytes }: StageOptions, sizeBytes: number): void {
  if (sizeBytes > maxBytes) throw new BodyTooLarge(maxBytes);
}
