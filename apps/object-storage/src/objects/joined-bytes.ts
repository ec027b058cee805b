import { Readable } from 'node:stream';
import type { ByteRange } from '@virga/ports';
import type { PartBytes } from './object.js';

export interface Piece {
  part: PartBytes;
  range: ByteRange | undefined;
}

/** The pieces of parts that make up a range of the whole; all of them without one. */
export function piecesOf(parts: readonly PartBytes[], range: ByteRange | undefined): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const part of parts) {
    const first = Math.max((range?.first ?? 0) - at, 0);
    const last = Math.min((range?.last ?? Infinity) - at, part.sizeBytes - 1);
    at += part.sizeBytes;
    if (first > last) continue;
    pieces.push({ part, range: first === 0 && last === part.sizeBytes - 1 ? undefined : { first, last } });
  }
  return pieces;
}

/** The bytes of pieces one after the other; a piece is opened when the one before has been taken. */
export function joined(pieces: readonly Piece[], open: (piece: Piece) => Promise<Buffer | Readable>): Readable {
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const piece of pieces) {
      const opened = await open(piece);
      if (Buffer.isBuffer(opened)) yield opened;
      else yield* opened as AsyncIterable<Buffer>;
    }
  }
  return Readable.from(bytes(), { objectMode: false });
}
