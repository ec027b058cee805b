import { Inject, Injectable } from '@nestjs/common';
import { mapLimit } from '@virga/kernel';
import { bestFormat, renderReport, statusLine, type Failure } from '../bulk/index.js';
import type { StoredObject } from '../../objects/index.js';
import { badRequest, SwiftFault } from '../faults/index.js';
import { Contents, type Content } from '../features/contents.js';
import type { PutPlan } from '../features/put-plans.js';
import { listingTime } from '../headers/index.js';
import { quoted, saysYes, type ObjectRequest } from '../request/index.js';
import { etagsOf } from '../reading/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { boundedBody } from './bounded-body.js';
import { parseRequestedManifest, type RequestedObject, type RequestedSegment } from './requested-manifest.js';
import { resolveRange } from './segment-range.js';
import { SloContents } from './slo-contents.js';
import { asRequested, largeObjectEtag, largeObjectSize, type StoredObjectSegment, type StoredSegment } from './stored-manifest.js';

/** Segments of a manifest are not what it says; each with its reason, in the format that the client likes. */
export class SegmentsRefused extends SwiftFault {
  constructor(readonly failures: readonly Failure[], format = bestFormat(undefined) ?? 'text/plain') {
    super(400, renderReport(format, { facts: {}, failures }, 'upload'), { contentType: format });
  }
}

/** How many segments are looked up at the same time. More is faster for one client, and slower for all others. */
const LOOKUPS = 4;

/** Makes static large objects: reads the manifest that a client sends, looks at every segment, and plans what is stored. */
@Injectable()
export class SloPlans {
  constructor(private readonly contents: Contents, private readonly manifests: SloContents, @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings) {}

  /** What `PUT ?multipart-manifest=put` stores, or undefined for any other PUT. Throws 400, 405, 411, 413 and 422. */
  async plan(request: ObjectRequest): Promise<PutPlan | undefined> {
    if (request.query.get('multipart-manifest') !== 'put') {
      requireNotReserved(request);
      return undefined;
    }
    if (request.headers['x-copy-from'] !== undefined) throw new SwiftFault(405, 'Multipart Manifest PUTs cannot be COPY requests');
    const { maxManifestSegments, maxManifestSize } = this.settings.largeObjects;
    const body = await boundedBody(request, maxManifestSize, `Manifest File > ${maxManifestSize} bytes`);
    return this.planOf(request, parseRequestedManifest(body, { container: request.target.container, name: request.target.object }), maxManifestSegments);
  }

  /** What a copy of a manifest stores: one that is checked like a new one, since its segments are the target's account's. */
  async planOfCopy(request: ObjectRequest, source: StoredObject): Promise<PutPlan> {
    const stored = await this.manifests.manifest(source, request.front.signal);
    const requested = parseRequestedManifest(Buffer.from(asRequested(stored)), { container: request.target.container, name: request.target.object });
    const plan = await this.planOf({ ...request, headers: { ...request.headers, etag: undefined } }, requested, Infinity);
    return { contentType: request.headers['content-type'] || source.contentType, ...plan };
  }

  private async planOf(request: ObjectRequest, requested: readonly RequestedSegment[], maxSegments: number): Promise<PutPlan> {
    if (requested.filter(({ kind }) => kind === 'object').length > maxSegments) {
      throw new SwiftFault(413, `Number of object-backed segments must be <= ${maxSegments}`);
    }
    const segments = await this.stored(request, requested);
    const etag = largeObjectEtag(segments);
    const claimed = etagsOf(request.headers['etag'] ?? '')[0];
    if (claimed !== undefined && claimed !== etag) throw new SwiftFault(422);
    return {
      bytes: Buffer.from(JSON.stringify(segments)),
      settings: { slo: { etag, sizeBytes: largeObjectSize(segments) } },
      replyHeaders: { etag: `"${etag}"` },
    };
  }

  private async stored(request: ObjectRequest, requested: readonly RequestedSegment[]): Promise<StoredSegment[]> {
    const found = await this.lookUp(request, requested);
    const failures: Failure[] = [];
    const segments = requested.map((segment, index): StoredSegment | undefined => {
      if (segment.kind === 'data') return { data: segment.bytes.toString('base64') };
      const content = found.get(keyOf(segment));
      if (content === undefined || content instanceof SwiftFault) {
        failures.push({ name: quoted(segment.path), status: statusLine(content?.status ?? 404) });
        return undefined;
      }
      const isLast = index === requested.length - 1;
      failures.push(...problemsOf(segment, content, isLast).map((status) => ({ name: quoted(segment.path), status })));
      return storedSegment(segment, content);
    });
    if (failures.length > 0) throw new SegmentsRefused(failures, bestFormat(request.headers['accept']) ?? 'text/plain');
    return segments.filter((segment) => segment !== undefined);
  }

  /** Each object is looked up once, however often the manifest names it. */
  private async lookUp(request: ObjectRequest, requested: readonly RequestedSegment[]): Promise<Map<string, Content | SwiftFault>> {
    const distinct = new Map(requested.filter((segment) => segment.kind === 'object').map((segment) => [keyOf(segment), segment]));
    const found = await mapLimit([...distinct], LOOKUPS, async ([key, { container, name }]): Promise<[string, Content | SwiftFault]> => {
      try {
        return [key, await this.contents.at(request, { account: request.target.account, container, object: name })];
      } catch (error) {
        if (error instanceof SwiftFault) return [key, error];
        throw error;
      }
    });
    return new Map(found);
  }
}

/** Only `multipart-manifest=put` makes a static large object. Throws 400. */
export function requireNotReserved({ headers }: Pick<ObjectRequest, 'headers'>): void {
  if (headers['x-static-large-object'] === undefined) return;
  throw badRequest('X-Static-Large-Object is a reserved header. To create a static large object add query param multipart-manifest=put.');
}

/** Whether the answer shall be drawn out with blanks while the segments are looked at. */
export function wantsHeartbeat({ method, query }: Pick<ObjectRequest, 'method' | 'query'>): boolean {
  return method === 'PUT' && query.get('multipart-manifest') === 'put' && saysYes(query.get('heartbeat'));
}

function keyOf({ container, name }: RequestedObject): string {
  return `${container}/${name}`;
}

function problemsOf(segment: RequestedObject, content: Content, isLast: boolean): string[] {
  const problems: string[] = [];
  const range = segment.range && resolveRange(segment.range, content.sizeBytes);
  if (segment.range !== undefined && range === undefined) problems.push('Unsatisfiable Range');
  if (content.sizeBytes < 1 && !isLast) problems.push('Too small; each segment must be at least 1 byte.');
  if (segment.sizeBytes !== undefined && segment.sizeBytes !== content.sizeBytes) problems.push('Size Mismatch');
  if (segment.etag !== undefined && segment.etag !== bare(content.etag)) problems.push('Etag Mismatch');
  return problems;
}

/** A range that means the whole segment is not kept. */
function storedSegment(segment: RequestedObject, content: Content): StoredObjectSegment {
  const range = segment.range && resolveRange(segment.range, content.sizeBytes);
  const isPart = range !== undefined && (range.first > 0 || range.last < content.sizeBytes - 1);
  return {
    name: `/${segment.container}/${segment.name}`, bytes: content.sizeBytes, hash: bare(content.etag), content_type: content.contentType,
    last_modified: listingTime(content.object.modifiedAt),
    ...(isPart && { range: `${range.first}-${range.last}` }),
    ...(content.object.settings.slo !== undefined && { sub_slo: true as const }),
  };
}

function bare(etag: string): string {
  return etag.replaceAll('"', '');
}
