import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { ByteRange } from '@virga/ports';
import { Containers, type Container } from '../../containers/index.js';
import { isSubdir } from '../../listing/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { notFound, SwiftFault } from '../faults/index.js';
import type { Content } from '../features/contents.js';
import { joinedBytes } from '../features/joined.js';
import type { ObjectRequest } from '../request/index.js';
import type { Found } from '../symlinks/index.js';
import { segmentsWantedBy } from './manifest-header.js';

/** What a segment gives: itself, what it links to, or the static large object that it is. */
export type ResolveSegment = (found: Found) => Promise<Content>;

interface Segments {
  container: Container;
  prefix: string;
  resolve: ResolveSegment;
}

interface Measured {
  sizeBytes: number;
  etag: string;
  /** Where one page held them all: no need to list again for reading. */
  segments: readonly StoredObject[] | undefined;
}

const PAGE = 10_000;

/**
 * Dynamic large objects: whatever the container holds under the prefix at the moment of reading, in the order of names. Size and
 * etag come from a pass over the listing, page by page, so that memory stays constant however many segments there are.
 */
@Injectable()
export class DloContents {
  constructor(private readonly containers: Containers, private readonly objects: Objects) {}

  /** Throws 404 where the segments' container is not there, and 401 or 403 where the request may not list it. */
  async whole(request: ObjectRequest, { container, object }: Found, manifest: string, resolve: ResolveSegment): Promise<Content> {
    const segments = await this.segments(request, manifest, resolve);
    const { sizeBytes, etag, segments: known } = await this.measure(segments);
    return {
      container, object, sizeBytes, etag: `"${etag}"`, contentType: object.contentType, headers: {}, isPlain: false, takesOneRange: true,
      open: (range, signal) => this.open(segments, known, range ?? { first: 0, last: sizeBytes - 1 }, signal),
    };
  }

  private async segments(request: ObjectRequest, manifest: string, resolve: ResolveSegment): Promise<Segments> {
    const { account } = request.target;
    const { container: containerName, prefix } = segmentsWantedBy(manifest);
    const container = await this.containers.find(account, containerName);
    await request.access.require({ method: 'GET', account, containerName, container });
    if (container === undefined) throw notFound();
    return { container, prefix, resolve };
  }

  private async measure(segments: Segments): Promise<Measured> {
    const hash = createHash('md5');
    let sizeBytes = 0;
    let first: readonly StoredObject[] | undefined;
    let pages = 0;
    for await (const page of this.pages(segments)) {
      pages += 1;
      first ??= page;
      for (const object of page) {
        hash.update(object.etag);
        sizeBytes += await sizeOf(segments, object);
      }
    }
    return { sizeBytes, etag: hash.digest('hex'), segments: pages <= 1 ? first ?? [] : undefined };
  }

  private async open(segments: Segments, known: readonly StoredObject[] | undefined, range: ByteRange, signal: AbortSignal): Promise<Readable | Buffer> {
    try {
      return await joinedBytes(this.pieces(segments, known, range, signal));
    } catch (error) {
      throw error instanceof SwiftFault ? new SwiftFault(409) : error;
    }
  }

  private async* pieces(segments: Segments, known: readonly StoredObject[] | undefined, range: ByteRange, signal: AbortSignal): AsyncGenerator<Readable | Buffer> {
    let offset = 0;
    for await (const page of known === undefined ? this.pages(segments) : [known]) {
      for (const object of page) {
        if (offset > range.last) return;
        const size = await sizeOf(segments, object);
        const wanted = { first: Math.max(0, range.first - offset), last: Math.min(size - 1, range.last - offset) };
        offset += size;
        if (wanted.first > wanted.last) continue;
        const content = await segments.resolve({ container: segments.container, object });
        if (content.sizeBytes !== size) throw new SwiftFault(409);
        yield await content.open(wanted.first === 0 && wanted.last === size - 1 ? undefined : wanted, signal);
      }
    }
  }

  private async* pages({ container, prefix }: Segments): AsyncGenerator<readonly StoredObject[]> {
    let marker: string | undefined;
    while (true) {
      const page = await this.objects.page(container, { prefix, limit: PAGE, ...(marker !== undefined && { marker }) });
      const objects = page.filter((entry): entry is StoredObject => !isSubdir(entry));
      if (objects.length > 0) yield objects;
      if (objects.length < PAGE) return;
      marker = objects.at(-1)?.name;
    }
  }
}

/** A link's size is known only by following it. */
async function sizeOf({ container, resolve }: Segments, object: StoredObject): Promise<number> {
  if (object.settings.symlink !== undefined) return (await resolve({ container, object })).sizeBytes;
  return object.settings.slo?.sizeBytes ?? object.sizeBytes;
}
