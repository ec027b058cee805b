import { Readable } from 'node:stream';
import type { ByteRange } from '@virga/ports';

interface Multipart {
  ranges: readonly ByteRange[];
  sizeBytes: number;
  contentType: string;
  boundary: string;
  open: (range: ByteRange) => Promise<Readable | Buffer>;
}

/** Several ranges as one body, `multipart/byteranges`: each is opened when the one before it has been read. */
export function byteRangesBody(multipart: Multipart): { body: Readable; sizeBytes: number } {
  const sizeBytes = multipart.ranges.reduce((sum, range) => sum + partHead(multipart, range).length + range.last - range.first + 1 + 2, 0)
    + closing(multipart).length;
  return { body: Readable.from(pieces(multipart), { objectMode: false }), sizeBytes };
}

async function* pieces(multipart: Multipart): AsyncGenerator<Buffer | string> {
  for (const range of multipart.ranges) {
    yield partHead(multipart, range);
    const bytes = await multipart.open(range);
    if (Buffer.isBuffer(bytes)) yield bytes;
    else yield* bytes as AsyncIterable<Buffer>;
    yield '\r\n';
  }
  yield closing(multipart);
}

function partHead({ boundary, contentType, sizeBytes }: Multipart, { first, last }: ByteRange): Buffer {
  return Buffer.from(`--${boundary}\r\nContent-Type: ${contentType}\r\nContent-Range: bytes ${first}-${last}/${sizeBytes}\r\n\r\n`);
}

function closing({ boundary }: Multipart): Buffer {
  return Buffer.from(`--${boundary}--`);
}
