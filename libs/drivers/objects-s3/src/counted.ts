import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { tooLarge } from './failures.js';

/** Counts and sums up what comes out of a source on its way to the gateway. */
export class Counted {
  sizeBytes = 0;
  crc32 = 0;
  /** Why the source ended early: what then fails in the SDK fails because of it. */
  failure: unknown;

  constructor(private readonly source: Readable, private readonly maxBytes: number) {}

  stream(): Readable {
    return Readable.from(this.chunks(), { objectMode: false, highWaterMark: 256 * 1024 });
  }

  private async* chunks(): AsyncGenerator<Buffer> {
    try {
      // The source stays open after a failure: it may be a request that is still to be answered.
      for await (const chunk of this.source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        this.sizeBytes += chunk.length;
        if (this.sizeBytes > this.maxBytes) throw tooLarge(this.maxBytes);
        this.crc32 = crc32(chunk, this.crc32);
        yield chunk;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}
