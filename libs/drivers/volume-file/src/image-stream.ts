import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { refused, unavailable } from './failures.js';

/** Takes an image of exactly so many bytes into a new file that only root may read; `Refused` where it is longer, `DriverUnavailable` where it breaks off. */
export async function receiveImage(bytes: Readable, path: string, mostBytes: number, signal: AbortSignal): Promise<void> {
  let received = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > mostBytes) throw refused(`the image is larger than the ${mostBytes} bytes that were announced`);
      yield chunk;
    }
  };
  const file = await open(path, 'wx', 0o600);
  await pipeline(counted, createWriteStream('', { fd: file.fd, autoClose: false }), { signal }).finally(() => file.close());
  if (received < mostBytes) throw unavailable(`the image ended after ${received} of ${mostBytes} bytes`);
}

/** An image that ends early, or does not end, is not the one that was announced. */
export async function* exactly(sizeBytes: number, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let received = 0;
  for await (const chunk of bytes) {
    received += chunk.length;
    if (received > sizeBytes) break;
    yield chunk;
  }
  if (received !== sizeBytes) throw refused(`the image is not of the ${sizeBytes} bytes that were announced`);
}
