import { createHash } from 'node:crypto';
import { Bug } from '@virga/kernel';

/** One entry of a manifest as it is kept and as `multipart-manifest=get` shows it; the names are Swift's. */
export type StoredSegment = StoredObjectSegment | StoredDataSegment;

export interface StoredObjectSegment {
  /** `/container/object` */
  name: string;
  /** The size of the whole segment, also where only a range of it is used. */
  bytes: number;
  hash: string;
  content_type: string;
  last_modified: string;
  /** First and last byte, both resolved against `bytes`. */
  range?: string;
  /** The segment is itself a static large object. */
  sub_slo?: true;
}

export interface StoredDataSegment {
  /** Base64. */
  data: string;
}

export function isData(segment: StoredSegment): segment is StoredDataSegment {
  return 'data' in segment;
}

/** How many bytes a reader of the large object gets from this segment. */
export function segmentLength(segment: StoredSegment): number {
  if (isData(segment)) return Buffer.byteLength(segment.data, 'base64');
  const { first, last } = segmentRange(segment);
  return last - first + 1;
}

/** Which bytes of the segment's object are used, inclusive. */
export function segmentRange(segment: StoredObjectSegment): { first: number; last: number } {
  if (segment.range === undefined) return { first: 0, last: segment.bytes - 1 };
  const [first, last] = segment.range.split('-').map(Number);
  if (first === undefined || last === undefined) throw new Bug('object-storage.slo.stored-range', 'A stored manifest holds a range that is none.');
  return { first, last };
}

/** The etag of the large object: MD5 over the segments' etags, each with its range where it has one. */
export function largeObjectEtag(segments: readonly StoredSegment[]): string {
  const hash = createHash('md5');
  for (const segment of segments) {
    if (isData(segment)) hash.update(createHash('md5').update(Buffer.from(segment.data, 'base64')).digest('hex'));
    else hash.update(segment.range === undefined ? segment.hash : `${segment.hash}:${segment.range};`);
  }
  return hash.digest('hex');
}

export function largeObjectSize(segments: readonly StoredSegment[]): number {
  return segments.reduce((sum, segment) => sum + segmentLength(segment), 0);
}

/** The manifest in the words in which a client would send it, so that it can be put again (`format=raw`). */
export function asRequested(segments: readonly StoredSegment[]): string {
  return JSON.stringify(segments.map((segment) => (isData(segment)
    ? segment
    : { etag: segment.hash, path: segment.name, ...(segment.range !== undefined && { range: segment.range }), size_bytes: segment.bytes })));
}

/** Container and object of a segment. */
export function segmentPath(segment: StoredObjectSegment): { container: string; name: string } {
  const slash = segment.name.indexOf('/', 1);
  return { container: segment.name.slice(1, slash), name: segment.name.slice(slash + 1) };
}
