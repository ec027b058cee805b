import { createHash } from 'node:crypto';
import { Refused } from '@virga/ports';

/** Counts and hashes a blob while it streams by. */
export class BlobDigest {
  private readonly sha512 = createHash('sha512');
  // Glance's `checksum` is MD5: clients compare it, nobody trusts it.
  private readonly md5 = createHash('md5');
  private sizeBytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** Throws `Refused` when more than the allowed bytes have come. */
  add(chunk: Buffer): void {
    this.sizeBytes += chunk.length;
    if (this.sizeBytes > this.maxBytes) throw new Refused('image-store', `the data is larger than ${this.maxBytes} bytes`);
    this.sha512.update(chunk);
    this.md5.update(chunk);
  }

  result(): { sizeBytes: number; sha512: string; md5: string } {
    return { sizeBytes: this.sizeBytes, sha512: this.sha512.digest('hex'), md5: this.md5.digest('hex') };
  }
}
