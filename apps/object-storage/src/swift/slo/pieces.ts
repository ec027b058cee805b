import type { ByteRange } from '@virga/ports';
import { SwiftFault } from '../faults/index.js';
import { isData, segmentLength, segmentRange, type StoredObjectSegment, type StoredSegment } from './stored-manifest.js';


/** What is sent next: bytes that stand in the manifest, or a range of an object. */
export type Piece = { bytes: Buffer } | { segment: StoredObjectSegment; range: ByteRange };

/** How deep static large objects may stand in each other, as in Swift. */
export const MAX_DEPTH = 10;

export type ReadManifest = (segment: StoredObjectSegment) => Promise<readonly StoredSegment[]>;

/**
 * What makes up bytes `wanted` of a large object, in order. Manifests of segments that are large objects themselves are read
 * only where bytes of them are wanted, and one after the other, so that memory holds one manifest per level.
 */
export async function* piecesOf(
  segments: readonly StoredSegment[], wanted: ByteRange, readManifest: ReadManifest, depth = 1,
): AsyncGenerator<Piece> {
  let offset = 0;
  for (const segment of segments) {
    if (offset > wanted.last) return;
    const length = segmentLength(segment);
    const first = Math.max(0, wanted.first - offset);
    const last = Math.min(length - 1, wanted.last - offset);
    offset += length;
    if (first > last) continue;
    if (isData(segment)) yield { bytes: Buffer.from(segment.data, 'base64').subarray(first, last + 1) };
    else yield* piecesOfObject(segment, { first, last }, readManifest, depth);
  }
}

async function* piecesOfObject(
  segment: StoredObjectSegment, used: ByteRange, readManifest: ReadManifest, depth: number,
): AsyncGenerator<Piece> {
  const start = segmentRange(segment).first;
  const range = { first: start + used.first, last: start + used.last };
  if (segment.sub_slo !== true) {
    yield { segment, range };
    return;
  }
  if (depth >= MAX_DEPTH) throw new SwiftFault(409);
  yield* piecesOf(await readManifest(segment), range, readManifest, depth + 1);
}
