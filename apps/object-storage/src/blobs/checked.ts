import { Transform, type TransformCallback } from 'node:stream';
import { crc32 } from 'node:zlib';

/** Passes bytes on, the last only when all of them are what was written: who takes damaged bytes sees them break off. */
export class Checked extends Transform {
  private sum = 0;
  private held: Buffer | undefined;

  /** `damaged` answers what to fail with. */
  constructor(private readonly expected: number, private readonly damaged: () => Promise<Error>) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.sum = crc32(chunk, this.sum);
    const before = this.held;
    this.held = chunk;
    done(null, before);
  }

  override _flush(done: TransformCallback): void {
    if (this.sum === this.expected) done(null, this.held);
    else this.damaged().then(done, done);
  }
}
