import { createHash, type Hash } from 'node:crypto';
import { Transform, pipeline, type Readable, type TransformCallback } from 'node:stream';
import { Bug } from '@virga/kernel';
import { S3Error } from '../s3-error.js';
import { ChunkDecoder, type ChunkSigner } from './chunk-decoder.js';
import { base64, checksumHeader, checksumValue, runningChecksum, type AnnouncedChecksum, type ChecksumAlgorithm, type RunningChecksum } from './checksums.js';

export interface BodyTerms {
  source: Readable;
  /** Of the payload, without the framing of chunks; undefined where the request does not say. */
  length: number | undefined;
  /** 64 hexadecimal digits that the payload was signed with. */
  sha256: string | undefined;
  /** The `Content-MD5` header. */
  md5: string | undefined;
  checksum: AnnouncedChecksum | undefined;
  /** For bodies in `aws-chunked` encoding; `signer` where each chunk is signed. */
  chunks: { signer: ChunkSigner | undefined; trailer: string | undefined } | undefined;
}

/** How much too long a document is read to its end. Lower: more clients see a broken connection instead of an answer. Higher: they may send for longer in vain. */
const LISTENED_TO = 256 * 1024 * 1024;

/** A checksum that was computed of what passed, in base64. */
export interface ComputedChecksum {
  algorithm: ChecksumAlgorithm;
  value: string;
}

/**
 * What a request sends. Everything that it promises about its payload (length, signature, digests) is checked while the bytes pass;
 * the end comes only when all of it held, so that who stores the bytes stores nothing that was not meant.
 */
export class RequestBody {
  private verifier: Verifier | undefined;

  constructor(private readonly terms: BodyTerms) {
    // Refused before anything is read.
    if (terms.md5 !== undefined && base64(terms.md5)?.length !== 16) throw new S3Error('InvalidDigest', { fields: { 'Content-MD5': terms.md5 } });
  }

  /** Bytes of the payload, where the request says. */
  get length(): number | undefined {
    return this.terms.length;
  }

  get hasDigest(): boolean {
    return this.terms.md5 !== undefined || this.terms.checksum !== undefined;
  }

  get announced(): ChecksumAlgorithm | undefined {
    return this.terms.checksum?.algorithm;
  }

  /** The payload, once. Fails with `S3Error` where something does not hold. `algorithm` is computed where the request brought none. */
  stream(algorithm?: ChecksumAlgorithm): Readable {
    if (this.verifier !== undefined) throw new Bug('object-storage.s3.body-read-twice', 'A body was asked for twice.');
    const { source, chunks } = this.terms;
    const decoder = chunks === undefined ? undefined : new ChunkDecoder(chunks.signer, chunks.trailer);
    const verifier = new Verifier(this.terms, decoder, algorithm);
    this.verifier = verifier;
    if (decoder === undefined) pipeline(source, verifier, noop);
    else pipeline(source, decoder, verifier, noop);
    return verifier;
  }

  /**
   * The whole payload of at most `limit` bytes; throws `MaxMessageLengthExceeded` beyond. A client that sends more is listened to for a
   * while, and what it sends dropped, so that it gets to read why.
   */
  async bytes(limit: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of this.stream() as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > limit + LISTENED_TO) break;
      if (length <= limit) parts.push(part);
      else parts.length = 0;
    }
    if (length > limit) throw new S3Error('MaxMessageLengthExceeded', { fields: { MaxMessageLengthBytes: String(limit) } });
    return Buffer.concat(parts, length);
  }

  /** What was computed, once the stream has ended. */
  get checksum(): ComputedChecksum | undefined {
    return this.verifier?.computed;
  }
}

/** Errors reach the reader of the last stream. */
function noop(): void {
  return undefined;
}

class Verifier extends Transform {
  computed: ComputedChecksum | undefined;
  private readonly sha256: Hash | undefined;
  private readonly md5: Hash | undefined;
  private readonly algorithm: ChecksumAlgorithm | undefined;
  private readonly checksum: RunningChecksum | undefined;
  private passed = 0;

  constructor(private readonly terms: BodyTerms, private readonly decoder: ChunkDecoder | undefined, algorithm: ChecksumAlgorithm | undefined) {
    super();
    this.sha256 = terms.sha256 === undefined ? undefined : createHash('sha256');
    this.md5 = terms.md5 === undefined ? undefined : createHash('md5');
    this.algorithm = terms.checksum?.algorithm ?? algorithm;
    this.checksum = this.algorithm === undefined ? undefined : runningChecksum(this.algorithm);
  }

  override _transform(bytes: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.passed += bytes.length;
    if (this.terms.length !== undefined && this.passed > this.terms.length) return done(new S3Error('IncompleteBody'));
    this.sha256?.update(bytes);
    this.md5?.update(bytes);
    this.checksum?.update(bytes);
    done(null, bytes);
  }

  override _flush(done: TransformCallback): void {
    this.verify().then(() => done(), (error: unknown) => done(error as Error));
  }

  private async verify(): Promise<void> {
    const { length, sha256, md5 } = this.terms;
    if (length !== undefined && this.passed !== length) throw new S3Error('IncompleteBody');
    if (this.sha256?.digest('hex') !== sha256?.toLowerCase()) throw new S3Error('XAmzContentSHA256Mismatch');
    this.verifyMd5(this.md5?.digest('base64'), md5?.trim());
    await this.verifyChecksum();
  }

  private verifyMd5(computed = '', expected = ''): void {
    if (computed === expected) return;
    throw new S3Error('BadDigest', { message: 'The Content-MD5 you specified did not match what we received.', fields: { ExpectedDigest: expected, CalculatedDigest: computed } });
  }

  private async verifyChecksum(): Promise<void> {
    if (this.checksum === undefined || this.algorithm === undefined) return;
    const computed = await this.checksum.digest();
    const expected = this.terms.checksum === undefined ? computed : this.terms.checksum.value ?? this.trailing(this.algorithm);
    if (!expected.equals(computed)) throw new S3Error('BadDigest', { message: `The ${this.algorithm} you specified did not match the calculated checksum.` });
    this.computed = { algorithm: this.algorithm, value: computed.toString('base64') };
  }

  private trailing(algorithm: ChecksumAlgorithm): Buffer {
    const text = this.decoder?.trailers.get(checksumHeader(algorithm));
    if (text === undefined) throw new S3Error('MalformedTrailerError');
    return checksumValue(algorithm, text);
  }
}
