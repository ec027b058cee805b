import { createHash, type Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { S3Error } from '../s3-error.js';

/** Computes the signatures of chunks, each from the one before (see `signature/chunk-signer.ts`). */
export interface ChunkSigner {
  /** Throws `SignatureDoesNotMatch` unless `signature` is that of a chunk with this SHA-256 (hexadecimal), and remembers it for the next. */
  requireChunk(signature: string, sha256: string): void;
  /** The same for the trailer. */
  requireTrailer(signature: string, sha256: string): void;
}

/** A chunk's first line: a size and a signature. More is nobody's protocol. */
const LONGEST_LINE = 256;
/** All trailing lines together. */
const LONGEST_TRAILER = 8_192;
const LF = 0x0a;

type State = 'line' | 'payload' | 'payload-end' | 'trailer';

/**
 * Takes the framing of `aws-chunked` bodies away: `size[;chunk-signature=…]`, the bytes, an empty chunk, and trailing headers.
 *
 * A chunk's bytes pass on before its signature can be checked, at its end; an error then breaks the stream, and whoever stores
 * its bytes drops them. So nothing is ever kept in memory, however large chunks are.
 */
export class ChunkDecoder extends Transform {
  /** The trailing headers, in lower case, once the stream has ended. */
  readonly trailers = new Map<string, string>();
  private state: State = 'line';
  private line = '';
  private left = 0;
  private signature = '';
  private hash: Hash = createHash('sha256');
  private trailerBytes = 0;

  constructor(private readonly signer: ChunkSigner | undefined, private readonly expectedTrailer: string | undefined) {
    super();
  }

  override _transform(bytes: Buffer, _: BufferEncoding, done: TransformCallback): void {
    try {
      for (let at = 0; at < bytes.length;) at = this.state === 'payload' ? this.takePayload(bytes, at) : this.takeLine(bytes, at);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    try {
      if (this.line !== '') this.endLine();
      if (this.state !== 'trailer') throw new S3Error('IncompleteBody');
      this.endTrailer();
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  private takePayload(bytes: Buffer, at: number): number {
    const part = bytes.subarray(at, at + this.left);
    this.left -= part.length;
    if (this.signer !== undefined) this.hash.update(part);
    this.push(part);
    if (this.left === 0) {
      this.endChunk();
      this.state = 'payload-end';
    }
    return at + part.length;
  }

  private takeLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LF, at);
    const part = bytes.toString('latin1', at, end < 0 ? bytes.length : end);
    this.line += part;
    if (this.line.length > LONGEST_LINE + (this.state === 'trailer' ? LONGEST_TRAILER : 0)) throw malformed();
    if (end < 0) return bytes.length;
    this.endLine();
    return end + 1;
  }

  private endLine(): void {
    const line = this.line.endsWith('\r') ? this.line.slice(0, -1) : this.line;
    this.line = '';
    if (this.state === 'trailer') this.takeTrailer(line);
    else if (this.state === 'line') this.beginChunk(line);
    else if (line === '') this.state = 'line';
    else throw malformed();
  }

  private beginChunk(line: string): void {
    const match = /^([0-9a-f]{1,12})\s*(?:;\s*chunk-signature=([0-9a-f]{64})\s*)?$/i.exec(line);
    if (match === null || (this.signer !== undefined && match[2] === undefined)) throw malformed();
    this.signature = match[2] ?? '';
    this.left = parseInt(match[1] ?? '', 16);
    this.state = this.left === 0 ? 'trailer' : 'payload';
    if (this.left === 0) this.endChunk();
  }

  private endChunk(): void {
    this.signer?.requireChunk(this.signature, this.hash.digest('hex'));
    this.hash = createHash('sha256');
  }

  /** Empty lines separate; clients differ in where they put them. */
  private takeTrailer(line: string): void {
    this.trailerBytes += line.length;
    if (this.trailerBytes > LONGEST_TRAILER) throw malformed();
    if (line === '') return;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (colon <= 0 || this.trailers.has(name)) throw malformed();
    this.trailers.set(name, line.slice(colon + 1).trim());
  }

  private endTrailer(): void {
    const expected = this.expectedTrailer?.trim().toLowerCase();
    const signature = this.trailers.get('x-amz-trailer-signature');
    for (const name of this.trailers.keys()) if (name !== expected && name !== 'x-amz-trailer-signature') throw new S3Error('MalformedTrailerError');
    if (expected === undefined) return;
    const value = this.trailers.get(expected);
    if (value === undefined) throw new S3Error('MalformedTrailerError');
    this.signer?.requireTrailer(signature ?? '', createHash('sha256').update(`${expected}:${value}\n`, 'latin1').digest('hex'));
  }
}

function malformed(): S3Error {
  return new S3Error('IncompleteBody', { message: 'The chunks of the body are not as aws-chunked encoding has them.' });
}
