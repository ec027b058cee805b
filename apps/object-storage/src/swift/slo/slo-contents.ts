import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { Bug } from '@virga/kernel';
import type { ByteRange } from '@virga/ports';
import { Objects, type StoredObject } from '../../objects/index.js';
import { SwiftFault } from '../faults/index.js';
import type { Content } from '../features/contents.js';
import { joinedBytes } from '../features/joined.js';
import type { ObjectRequest, ObjectTarget } from '../request/index.js';
import type { Found } from '../symlinks/index.js';
import { piecesOf, type Piece } from './pieces.js';
import { asRequested, largeObjectEtag, segmentLength, segmentPath, type StoredObjectSegment, type StoredSegment } from './stored-manifest.js';

declare module '../../objects/object.js' {
  interface ObjectSettings {
    /** The object's bytes are a manifest; what it is as a whole. */
    slo?: { etag: string; sizeBytes: number };
  }
}

/** Finds what a segment's path leads to, under the request's own access. */
export type Resolve = (target: ObjectTarget) => Promise<Content>;

const MANIFEST_TYPE = 'application/json; charset=utf-8';

/**
 * Static large objects as they are read. Segments are looked up one after the other while the answer is sent. A segment that is
 * gone or is not what it was when the manifest was put makes 409 while nothing has been sent yet, and breaks the answer off later.
 */
@Injectable()
export class SloContents {
  constructor(private readonly objects: Objects) {}

  /** The large object as a whole. */
  whole(request: ObjectRequest, { container, object }: Found, resolve: Resolve): Content {
    const { etag, sizeBytes } = object.settings.slo ?? { etag: object.etag, sizeBytes: object.sizeBytes };
    return {
      container, object, sizeBytes, etag: `"${etag}"`, contentType: object.contentType, isPlain: false,
      headers: { 'x-static-large-object': 'True', 'x-manifest-etag': object.etag },
      partSizes: async (signal) => (await this.manifest(object, signal)).map(segmentLength),
      open: async (range, signal) => {
        const segments = await this.manifest(object, signal);
        const wanted = range ?? { first: 0, last: sizeBytes - 1 };
        const pieces = piecesOf(segments, wanted, (segment) => this.nested(request, segment, resolve, signal));
        return joinedBytes(this.openings(pieces, request, resolve, signal));
      },
    };
  }

  /** The manifest itself (`multipart-manifest=get`), with `format=raw` as a client would put it again. */
  async manifestContent({ container, object }: Found, isRaw: boolean, signal: AbortSignal): Promise<Content> {
    const headers = { 'x-static-large-object': 'True' };
    const stored = { container, object, headers, isPlain: true };
    if (!isRaw) {
      return {
        ...stored, sizeBytes: object.sizeBytes, etag: object.etag, contentType: MANIFEST_TYPE,
        open: (range, openSignal) => this.objects.open(object, range, openSignal),
      };
    }
    const bytes = Buffer.from(asRequested(await this.manifest(object, signal)));
    return {
      ...stored, isPlain: false, sizeBytes: bytes.length, etag: createHash('md5').update(bytes).digest('hex'), contentType: object.contentType,
      open: (range) => Promise.resolve(range === undefined ? bytes : bytes.subarray(range.first, range.last + 1)),
    };
  }

  /** The segments that an object's manifest names. */
  async manifest(object: StoredObject, signal: AbortSignal): Promise<readonly StoredSegment[]> {
    const bytes = await this.objects.open(object, undefined, signal);
    const parsed: unknown = JSON.parse((Buffer.isBuffer(bytes) ? bytes : await buffer(bytes)).toString());
    if (!Array.isArray(parsed)) throw new Bug('object-storage.slo.stored-manifest', 'A stored manifest is not a list.');
    return parsed as StoredSegment[];
  }

  private async nested(request: ObjectRequest, segment: StoredObjectSegment, resolve: Resolve, signal: AbortSignal): Promise<readonly StoredSegment[]> {
    const { object } = await this.unchanged(request, segment, resolve);
    const segments = await this.manifest(object, signal);
    if (largeObjectEtag(segments) !== segment.hash) throw new SwiftFault(409);
    return segments;
  }

  /** The segment's content, where it still is what the manifest says. */
  private async unchanged(request: ObjectRequest, segment: StoredObjectSegment, resolve: Resolve): Promise<Content> {
    let content: Content;
    try {
      content = await resolve({ account: request.target.account, ...targetOf(segment) });
    } catch (error) {
      // Whatever keeps the segment from being read: to the reader of the whole, it is broken.
      throw error instanceof SwiftFault ? new SwiftFault(409) : error;
    }
    const isSame = content.etag.replaceAll('"', '') === segment.hash && content.sizeBytes === segment.bytes;
    if (!isSame || (segment.sub_slo === true) !== (content.object.settings.slo !== undefined)) throw new SwiftFault(409);
    return content;
  }

  private async* openings(pieces: AsyncGenerator<Piece>, request: ObjectRequest, resolve: Resolve, signal: AbortSignal): AsyncGenerator<Readable | Buffer> {
    for await (const piece of pieces) {
      if ('bytes' in piece) {
        yield piece.bytes;
        continue;
      }
      const content = await this.unchanged(request, piece.segment, resolve);
      yield await content.open(isWhole(piece.range, content) ? undefined : piece.range, signal);
    }
  }
}

function isWhole(range: ByteRange, { sizeBytes }: Content): boolean {
  return range.first === 0 && range.last === sizeBytes - 1;
}

function targetOf(segment: StoredObjectSegment): { container: string; object: string } {
  const { container, name } = segmentPath(segment);
  return { container, object: name };
}
