import { Readable } from 'node:stream';
import type { InputFile } from './disk.js';
import { translatedRead } from './failures.js';

const CHUNK_BYTES = 256 * 1024;

/** Streams `[first, last]` of a file and closes the file at the end, whatever the end is. */
export class FileStream extends Readable {
  private at: number;
  private reading: Promise<unknown> = Promise.resolve();

  constructor(private readonly file: InputFile, first: number, private readonly last: number, signal: AbortSignal) {
    super({ highWaterMark: CHUNK_BYTES, signal });
    this.at = first;
  }

  override _read(): void {
    const length = Math.min(CHUNK_BYTES, this.last - this.at + 1);
    if (length <= 0) {
      this.push(null);
      return;
    }
    const chunk = Buffer.allocUnsafe(length);
    this.reading = this.file.read(chunk, this.at).then((count) => {
      if (count < length) throw new Error('the file is shorter than it was');
      this.at += count;
      this.push(chunk);
    }).catch((error: unknown) => this.destroy(translatedRead(error) as Error));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // Never while a read is under way: the descriptor's number may be another file's at once.
    void this.reading.then(() => this.file.close()).then(() => done(error), () => done(error));
  }
}
