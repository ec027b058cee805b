import { randomUUID } from 'node:crypto';
import { addAbortSignal, type Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand, DeleteObjectCommand, GetBucketVersioningCommand, GetObjectCommand, ListMultipartUploadsCommand,
  paginateListObjectsV2, PutObjectCommand, S3Client, type GetObjectCommandOutput, type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Refused, type ByteRange, type KeptBytes, type ObjectStore, type SegmentUse, type Verdict } from '@virga/ports';
import { Counted } from './counted.js';
import { isAbsent, isBehindTheEnd, noSuchBytes, tooLarge, translated } from './failures.js';
import { isObject, objectLocation, parseLocation, uploadLocation } from './location.js';

const PART_BYTES = 8 * 1024 * 1024;
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 2;
// Too few: requests wait for each other. Too many: a slow gateway makes us hold the memory of all of them.
const MOST_CONNECTIONS = 256;
// Below this an answer is gathered: a stream costs more than the bytes.
const AT_ONCE_BYTES = 256 * 1024;

export interface S3StoreOptions {
  /** What blobs remember as their store; one per storage policy, never changed. */
  id: string;
  /** For example `https://rgw.example:7480`. */
  endpoint: string;
  region: string;
  bucket: string;
  /** In front of every key, so that a bucket can be shared. */
  prefix: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/**
 * Objects in a bucket of Ceph's gateway or any other S3, addressed by path.
 *
 * Theory of operation. A key is random and written once: what is small by one PUT, what is large by an upload in parts.
 * Both become visible and durable in one step of the gateway's, so what has a location is complete. A process that dies in the
 * middle leaves a whole object that no row points to or an upload that was never completed; `list` names both, and the collector
 * removes them. The bucket must not keep versions, or nothing would ever be freed: `requireUsable` and `list` refuse such a bucket.
 * There are no segments; the gateway has its own way with small objects.
 *
 * The SDK's own checksums are computed only where S3 requires them: Ceph 16 ignores them. On the way the signed hash of each
 * part protects the bytes, at rest `verify` compares ours. The tests of this driver have also passed against radosgw 16.2.15.
 */
export class S3ObjectStore implements ObjectStore {
  readonly id: string;
  private readonly bucket: string;
  private readonly prefix: string;
  // Private to the language, not only to the compiler: it holds the secret, and what prints a store must not find it.
  readonly #client: S3Client;

  /** Asks the gateway for nothing yet. */
  constructor(options: S3StoreOptions) {
    this.id = options.id;
    this.bucket = options.bucket;
    this.prefix = options.prefix;
    this.#client = new S3Client({
      endpoint: options.endpoint, region: options.region, forcePathStyle: true,
      credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
      requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: 5_000, socketTimeout: 60_000, requestTimeout: 120_000, throwOnRequestTimeout: true,
        httpAgent: { maxSockets: MOST_CONNECTIONS }, httpsAgent: { maxSockets: MOST_CONNECTIONS },
      },
    });
  }

  /** Throws `Unavailable` where the gateway or the bucket cannot be reached, `Refused` where the bucket keeps versions. */
  async requireUsable(signal: AbortSignal): Promise<void> {
    const versioning = await this.#client.send(new GetBucketVersioningCommand({ Bucket: this.bucket }), { abortSignal: signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw translated(error);
    });
    if (versioning.Status !== undefined) throw new Refused('object-store', `the bucket ${this.bucket} keeps versions, which would never be freed`);
  }

  /** Closes connections that are not in use. */
  close(): void {
    this.#client.destroy();
  }

  async write(bytes: Buffer | Readable, { maxBytes }: { maxBytes: number }, signal: AbortSignal): Promise<KeptBytes> {
    signal.throwIfAborted();
    const name = randomUUID();
    const sums = await (Buffer.isBuffer(bytes) ? this.put(name, bytes, maxBytes, signal) : this.upload(name, bytes, maxBytes, signal));
    return { location: objectLocation(name), ...sums };
  }

  async read(location: string, range: ByteRange | undefined, signal: AbortSignal): Promise<Buffer | Readable> {
    signal.throwIfAborted();
    const { name, uploadId } = parseLocation(location);
    if (uploadId !== undefined) throw noSuchBytes();
    try {
      const answer = await this.#client.send(
        new GetObjectCommand({ ...this.at(name), ...(range && { Range: `bytes=${range.first}-${range.last}` }) }), { abortSignal: signal },
      );
      return await bodyOf(answer, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (range !== undefined && isBehindTheEnd(error)) return Buffer.alloc(0);
      throw translated(error);
    }
  }

  async verify(location: string, expected: number, signal: AbortSignal): Promise<Verdict> {
    try {
      const bytes = await this.read(location, undefined, signal);
      return await sumOf(bytes) === expected ? 'intact' : 'damaged';
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Refused) return 'missing';
      throw translated(error);
    }
  }

  async remove(location: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { name, uploadId } = parseLocation(location);
    const options = { abortSignal: signal };
    try {
      if (uploadId === undefined) await this.#client.send(new DeleteObjectCommand(this.at(name)), options);
      else await this.#client.send(new AbortMultipartUploadCommand({ ...this.at(name), UploadId: uploadId }), options);
    } catch (error) {
      signal.throwIfAborted();
      if (!isAbsent(error)) throw translated(error);
    }
  }

  async* list(signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }> {
    signal.throwIfAborted();
    await this.requireUsable(signal);
    try {
      yield* this.listObjects(signal);
      yield* this.listUploads(signal);
    } catch (error) {
      signal.throwIfAborted();
      throw translated(error);
    }
  }

  async segments(): Promise<SegmentUse[]> {
    return [];
  }

  async removeSegment(): Promise<void> {
    throw new Refused('object-store', 'there is no such segment');
  }

  private async put(name: string, bytes: Buffer, maxBytes: number, signal: AbortSignal): Promise<Sums> {
    if (bytes.length > maxBytes) throw tooLarge(maxBytes);
    try {
      await this.#client.send(new PutObjectCommand({ ...this.at(name), Body: bytes, ContentLength: bytes.length }), { abortSignal: signal });
    } catch (error) {
      // It may have been kept nevertheless; then the collector finds it.
      signal.throwIfAborted();
      throw translated(error);
    }
    return { sizeBytes: bytes.length, crc32: crc32(bytes) };
  }

  private async upload(name: string, bytes: Readable, maxBytes: number, signal: AbortSignal): Promise<Sums> {
    // An abort ends the source, and what ends early takes its parts away. The SDK's own abort would not wait for that.
    addAbortSignal(signal, bytes);
    const counted = new Counted(bytes, Math.min(maxBytes, PART_BYTES * MOST_PARTS));
    try {
      await new Upload({ client: this.#client, params: { ...this.at(name), Body: counted.stream() }, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
    } catch (error) {
      signal.throwIfAborted();
      throw counted.failure ?? translated(error);
    }
    // Whoever has gone gets no answer; the collector finds the bytes.
    signal.throwIfAborted();
    return { sizeBytes: counted.sizeBytes, crc32: counted.crc32 };
  }

  private async* listObjects(signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }> {
    const pages = paginateListObjectsV2({ client: this.#client }, { Bucket: this.bucket, Prefix: this.prefix }, { abortSignal: signal });
    for await (const { Contents = [] } of pages) {
      for (const { Key = '', LastModified } of Contents) {
        const location = objectLocation(Key.slice(this.prefix.length));
        if (isObject(location) && LastModified !== undefined) yield { location, modifiedAt: LastModified.getTime() };
      }
    }
  }

  private async* listUploads(signal: AbortSignal): AsyncIterable<{ location: string; modifiedAt: number }> {
    let page: ListMultipartUploadsCommandOutput | undefined;
    do {
      page = await this.#client.send(new ListMultipartUploadsCommand({
        Bucket: this.bucket, Prefix: this.prefix, KeyMarker: page?.NextKeyMarker, UploadIdMarker: page?.NextUploadIdMarker,
      }), { abortSignal: signal });
      for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? []) {
        const location = uploadLocation(Key.slice(this.prefix.length), UploadId);
        if (location !== undefined && Initiated !== undefined) yield { location, modifiedAt: Initiated.getTime() };
      }
    } while (page.IsTruncated === true);
  }

  private at(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: `${this.prefix}${name}` };
  }
}

interface Sums {
  sizeBytes: number;
  crc32: number;
}

async function bodyOf({ Body, ContentLength = Infinity }: GetObjectCommandOutput, signal: AbortSignal): Promise<Buffer | Readable> {
  if (Body === undefined) return Buffer.alloc(0);
  const stream = addAbortSignal(signal, Body as Readable);
  return ContentLength > AT_ONCE_BYTES ? stream : Buffer.concat(await stream.toArray() as Buffer[]);
}

async function sumOf(bytes: Buffer | Readable): Promise<number> {
  if (Buffer.isBuffer(bytes)) return crc32(bytes);
  let sum = 0;
  for await (const chunk of bytes) sum = crc32(chunk as Buffer, sum);
  return sum;
}
