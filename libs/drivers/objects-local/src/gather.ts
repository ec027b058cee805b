import type { Readable } from 'node:stream';
import { letGo } from '@virga/kernel';
import { tooLarge } from './failures.js';

/**
 * Gives what comes out of `bytes` in lists of chunks that hold `atLeast` bytes; only the last may hold less, or nothing. Who asks for
 * the next list is done with the one before.
 */
export async function* gathered(bytes: Readable, atLeast: number, maxBytes: number): AsyncGenerator<Buffer[]> {
  let chunks: Buffer[] = [];
  let size = 0;
  let total = 0;
  // The source stays open after a failure: it may be a request that is still to be answered.
  for await (const chunk of bytes.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
    size += chunk.length;
    if (size < atLeast) continue;
    yield chunks;
    chunks.forEach(letGo);
    chunks = [];
    size = 0;
  }
  yield chunks;
}
