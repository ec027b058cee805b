import { Injectable } from '@nestjs/common';
import { BulkDeletions, bestFormat, type Deletion } from '../bulk/index.js';
import { Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Objects } from '../../objects/index.js';
import { badRequest, SwiftFault } from '../faults/index.js';
import type { Answer } from '../features/answer.js';
import { namesObject, quoted, saysYes, type ObjectRequest, type SwiftRequest } from '../request/index.js';
import { Links } from '../symlinks/index.js';
import { SloContents } from './slo-contents.js';
import { isData, segmentPath, type StoredObjectSegment } from './stored-manifest.js';

/** How many segments may wait to be deleted; what nests more is deleted in parts. */
const MAX_PENDING = 10_000;

/**
 * `DELETE ?multipart-manifest=delete`: the segments, then the manifest, nested ones in turn. It can be repeated: what is gone
 * counts as not found. With `async=on` the segments' time ends now, by one statement, and they are gone for readers at once; what
 * removes expired objects removes them.
 */
@Injectable()
export class SloDeletions {
  constructor(
    private readonly links: Links,
    private readonly contents: SloContents,
    private readonly deletions: BulkDeletions,
    private readonly containers: Containers,
    private readonly objects: Objects,
  ) {}

  /** The answer to the deletion of a manifest with its segments, or undefined where the request is none. */
  async answer(request: SwiftRequest, next: Answer): Promise<FrontReply | undefined> {
    if (request.method !== 'DELETE' || !namesObject(request) || request.query.get('multipart-manifest') !== 'delete') return undefined;
    if (saysYes(request.query.get('async'))) return this.expire(request, next);
    const format = bestFormat(request.headers['accept']) ?? 'text/plain';
    return this.deletions.reply(request, () => this.listed(request), { format, maxFailures: 0 }, next);
  }

  /** Only segments of one container, none of them a manifest: their writers are asked once. */
  private async expire(request: ObjectRequest, next: Answer): Promise<FrontReply> {
    const { account, container, object } = request.target;
    const found = await this.segmentsOf(request, `/${container}/${object}`);
    if (found instanceof SwiftFault) throw found;
    const containers = [...new Set(found.map((segment) => segmentPath(segment).container))];
    if (containers.length > 1) throw badRequest(`All segments must be in one container. Found segments in ${containers.map((name) => `"${quoted(name)}"`).join(', ')}`);
    if (found.some((segment) => segment.sub_slo === true)) throw badRequest('No segments may be large objects.');
    for (const name of new Set([container, ...containers])) {
      await request.access.require({ method: 'DELETE', account, containerName: name, container: await this.containers.find(account, name), object });
    }
    const place = containers[0] === undefined ? undefined : await this.containers.find(account, containers[0]);
    if (place !== undefined) await this.objects.expire(place, found.map((segment) => segmentPath(segment).name));
    return next({ ...request, query: new URLSearchParams([...request.query].filter(([name]) => name === 'version-id')) });
  }

  private async listed(request: ObjectRequest): Promise<Deletion[]> {
    const { container, object } = request.target;
    const versionId = request.query.get('version-id') ?? undefined;
    const pending: { name: string; isManifest: boolean; versionId?: string }[] = [
      { name: `/${container}/${object}`, isManifest: true, ...(versionId !== undefined && { versionId }) },
    ];
    const deletions: Deletion[] = [];
    for (let entry = pending.shift(); entry !== undefined; entry = pending.shift()) {
      const { name, isManifest, ...version } = entry;
      if (!isManifest) {
        deletions.push({ name, ...version });
        continue;
      }
      const found = await this.segmentsOf(request, name);
      if (found instanceof SwiftFault) {
        deletions.push({ name, problem: { status: found.status, message: found.words ?? '' } });
        continue;
      }
      pending.push(...found.map((segment) => ({ name: segment.name, isManifest: segment.sub_slo === true })), { name, isManifest: false, ...version });
      if (pending.length + deletions.length > MAX_PENDING) throw badRequest('Too many buffered slo segments to delete.');
    }
    return deletions;
  }

  private async segmentsOf(request: ObjectRequest, name: string): Promise<StoredObjectSegment[] | SwiftFault> {
    const [, container = '', object = ''] = /^\/([^/]+)\/([^]+)$/.exec(name) ?? [];
    try {
      const { object: manifest } = await this.links.follow(request, await this.links.find(request, { account: request.target.account, container, object }));
      if (manifest.settings.slo === undefined) throw badRequest('Not an SLO manifest');
      const segments = await this.contents.manifest(manifest, request.front.signal);
      return segments.filter((segment): segment is StoredObjectSegment => !isData(segment));
    } catch (error) {
      if (!(error instanceof SwiftFault)) throw error;
      return error.status === 404 ? new SwiftFault(404, 'SLO manifest not found') : error;
    }
  }
}
