import { Readable } from 'node:stream';
import { inspect, INSPECTED_BYTES, type Inspection } from './inspect.js';

/** A stream whose first bytes were inspected: nothing of a refused image reaches the store. */
export interface InspectedStream {
  inspection: Inspection;
  bytes: Readable;
}

/** Reads as much of `source` as inspection needs, inspects it, and gives back the whole. Throws `ContentRefused`. */
export async function inspected(source: Readable, declaredFormat: string): Promise<InspectedStream> {
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const chunks: Buffer[] = [];
  let length = 0;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    chunks.push(next.value);
    length += next.value.length;
    if (length >= INSPECTED_BYTES) break;
  }
  const head = Buffer.concat(chunks);
  const inspection = inspect(head.subarray(0, INSPECTED_BYTES), declaredFormat);
  return { inspection, bytes: Readable.from(rest(head, iterator), { objectMode: false, highWaterMark: 1024 * 1024 }) };
}

async function* rest(head: Buffer, iterator: AsyncIterator<Buffer>): AsyncIterable<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}
