import type { ChunkSigner } from '../request/chunk-decoder.js';
import { S3Error } from '../s3-error.js';
import { sha256Hex } from './canonical.js';
import { hmac, sameSignature } from './signing-key.js';

const NOTHING = sha256Hex('');

/** Checks each chunk of a streaming upload against a signature chained to the one before (SigV4, "Transferring payload in multiple chunks"). */
export class V4ChunkSigner implements ChunkSigner {
  /**
   * @param seed the signature of the request's headers
   * @param timestamp of the request, `20130524T000000Z`
   */
  constructor(private readonly key: Buffer, private readonly timestamp: string, private readonly scope: string, private seed: string) {}

  requireChunk(signature: string, sha256: string): void {
    this.require(signature, ['AWS4-HMAC-SHA256-PAYLOAD', this.timestamp, this.scope, this.seed, NOTHING, sha256]);
  }

  requireTrailer(signature: string, sha256: string): void {
    this.require(signature, ['AWS4-HMAC-SHA256-TRAILER', this.timestamp, this.scope, this.seed, sha256]);
  }

  private require(signature: string, lines: readonly string[]): void {
    const expected = hmac(this.key, lines.join('\n')).toString('hex');
    if (!sameSignature(signature.toLowerCase(), expected)) throw new S3Error('SignatureDoesNotMatch');
    this.seed = expected;
  }
}
