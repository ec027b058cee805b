import { Injectable } from '@nestjs/common';
import { BulkDeletions, bestFormat, type Deletion } from '../bulk/index.js';
import type { FrontReply } from '../../front/index.js';
import { badRequest, SwiftFault } from '../faults/index.js';
import type { Answer } from '../features/answer.js';
import { namesObject, type ObjectRequest, type SwiftRequest } from '../request/index.js';
import { Links } from '../symlinks/index.js';
import { SloContents } from './slo-contents.js';
import { isData, type StoredObjectSegment } from './stored-manifest.js';

/** How many segments may wait to be deleted; what nests more is deleted in parts. */
const MAX_PENDING = 10_000;

/**
 * `DELETE ?multipart-manifest=delete`: the segments, then the manifest, nested ones in turn. It can be repeated: what is gone
 * counts as not found. `async=on` answers in the same way; our deletions take a moment each and need no queue.
 */
@Injectable()
export class SloDeletions {
  constructor(private readonly links: Links, private readonly contents: SloContents, private readonly deletions: BulkDeletions) {}

  /** The answer to the deletion of a manifest with its segments, or undefined where the request is none. */
  async answer(request: SwiftRequest, next: Answer): Promise<FrontReply | undefined> {
    if (request.method !== 'DELETE' || !namesObject(request) || request.query.get('multipart-manifest') !== 'delete') return undefined;
    const format = bestFormat(request.headers['accept']) ?? 'text/plain';
    return this.deletions.reply(request, () => this.listed(request), { format, maxFailures: 0 }, next);
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
