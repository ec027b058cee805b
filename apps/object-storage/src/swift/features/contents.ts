import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { ByteRange } from '@virga/ports';
import type { Container } from '../../containers/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { DloContents } from '../dlo/index.js';
import type { ObjectRequest, ObjectTarget } from '../request/index.js';
import { SloContents } from '../slo/slo-contents.js';
import { headersOfLink, Links, type Found } from '../symlinks/index.js';
import { ObjectVersions } from '../versions/index.js';

/** What a GET or HEAD of an object answers with, and what a copy reads. */
export interface Content {
  container: Container;
  /** The object whose metadata is answered. */
  object: StoredObject;
  sizeBytes: number;
  /** Without quotes; a quoted text stands for itself. */
  etag: string;
  contentType: string;
  /** Headers beyond those of the object's metadata, by name in lower case. */
  headers: Record<string, string>;
  /** Whether the bytes are the stored object's own, so that a copy can share them. */
  isPlain: boolean;
  /** Whether a request for several ranges is answered with all of it, as dynamic large objects always were. */
  takesOneRange?: true;
  /** The sizes of its parts, in order, where it was made of parts. */
  partSizes?: (signal: AbortSignal) => Promise<readonly number[]>;
  open(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable | Buffer>;
}

/** What stands behind an object: itself, or what a manifest or a symbolic link makes of it. */
@Injectable()
export class Contents {
  constructor(
    private readonly objects: Objects,
    private readonly links: Links,
    private readonly staticObjects: SloContents,
    private readonly dynamicObjects: DloContents,
    private readonly versions: ObjectVersions,
  ) {}

  /** `found` was read under the request's own access. Throws what a broken manifest or link answers with (409, 404). */
  async of(request: ObjectRequest, found: Found): Promise<Content> {
    const { symlink } = found.object.settings;
    if (symlink !== undefined && request.query.get('symlink') === 'get') {
      return { ...this.plain(found), headers: { ...this.versions.headersOf(found.container, found.object), ...headersOfLink(symlink) } };
    }
    const { location, ...target } = await this.links.follow(request, found);
    const content = await this.ofTarget(request, target);
    // A link's reader wants to know which version was read, as far as the container says so.
    const about = target.container.id === found.container.id ? target : found;
    const versionHeaders = this.versions.headersOf(about.container, about.object);
    return { ...content, headers: { ...content.headers, ...versionHeaders, ...(location !== undefined && { 'content-location': location }) } };
  }

  /** What a HEAD of another object would answer, under the access of this request. Throws 401, 403, 404 and 409. */
  async at(request: ObjectRequest, target: ObjectTarget): Promise<Content> {
    const found = await this.links.follow(request, await this.links.find(request, target));
    return this.expanded(request, found);
  }

  plain({ container, object }: Found): Content {
    return {
      container, object, sizeBytes: object.sizeBytes, etag: object.etag, contentType: object.contentType, headers: {}, isPlain: true,
      open: (range, signal) => this.objects.open(object, range, signal),
      ...(object.settings.partCount !== undefined && { partSizes: async () => (await this.objects.parts(object)).map((part) => part.sizeBytes) }),
    };
  }

  private async ofTarget(request: ObjectRequest, found: Found): Promise<Content> {
    if (request.query.get('multipart-manifest') !== 'get') return this.expanded(request, found);
    if (found.object.settings.slo === undefined) return this.plain(found);
    return this.staticObjects.manifestContent(found, request.query.get('format') === 'raw', request.front.signal);
  }

  private async expanded(request: ObjectRequest, found: Found): Promise<Content> {
    const manifest = found.object.metadata['x-object-manifest'];
    if (manifest === undefined) return this.withoutSearch(request, found);
    return this.dynamicObjects.whole(request, found, manifest, async (segment) => this.withoutSearch(request, await this.links.follow(request, segment)));
  }

  /** The segments of a dynamic large object are not searched for segments of their own: that could go on for ever. */
  private withoutSearch(request: ObjectRequest, found: Found): Content {
    if (found.object.settings.slo === undefined) return this.plain(found);
    return this.staticObjects.whole(request, found, (target) => this.at(request, target));
  }
}
