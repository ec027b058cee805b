import { Readable } from 'node:stream';

/**
 * Several openings as one stream. The first one is opened before this answers, so that what is broken from the start can still be
 * said with a status; a later failure breaks the stream. Nothing is opened before it is read; an empty Buffer where there is none.
 */
export async function joinedBytes(openings: AsyncGenerator<Readable | Buffer>): Promise<Readable | Buffer> {
  const first = await openings.next();
  return first.done === true ? Buffer.alloc(0) : Readable.from(joined(first.value, openings), { objectMode: false });
}

async function* joined(first: Readable | Buffer, rest: AsyncGenerator<Readable | Buffer>): AsyncGenerator<Buffer> {
  yield* bytesOf(first);
  for await (const opening of rest) yield* bytesOf(opening);
}

async function* bytesOf(bytes: Readable | Buffer): AsyncGenerator<Buffer> {
  if (!Buffer.isBuffer(bytes)) yield* bytes as AsyncIterable<Buffer>;
  else if (bytes.length > 0) yield bytes;
}
