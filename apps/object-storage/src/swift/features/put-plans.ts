import { Inject, Injectable } from '@nestjs/common';
import type { Metadata } from '../../metadata/index.js';
import type { Container } from '../../containers/index.js';
import type { ObjectChange, ObjectSettings, Precondition, StoredObject } from '../../objects/index.js';
import type { Microseconds } from '../../timestamps/index.js';
import { syncPlan } from '../container-sync/index.js';
import { requireManifestHeader } from '../dlo/index.js';
import { requireNotReserved, SloPlans } from '../slo/index.js';
import { LinkPosts, Links } from '../symlinks/index.js';
import { retentionFor } from '../versions/index.js';
import type { Content } from './contents.js';
import type { ObjectRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';

/** What a feature makes of a PUT: everything is optional, and nothing means that the request is stored as it came. */
export interface PutPlan {
  /** Stored instead of the request's body (a manifest); then the request's body has been read. */
  bytes?: Buffer;
  /** Instead of the MD5 of the stored bytes. */
  etag?: string;
  contentType?: string;
  /** Joined to what the request's headers give. */
  metadata?: Metadata;
  settings?: Partial<ObjectSettings>;
  replyHeaders?: Record<string, string>;
  /** When it was put where it comes from; default: now. */
  modifiedAt?: Microseconds;
  /** What must hold beside what the request's headers ask for. */
  require?: Precondition;
}

/** Features that change what a PUT stores: static and dynamic large objects, symbolic links. */
@Injectable()
export class PutPlans {
  constructor(
    private readonly largeObjects: SloPlans,
    private readonly links: Links,
    private readonly linkPosts: LinkPosts,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  /** Asked after authorization and before a byte of the body is read. Throws what refuses the request. */
  async of(request: ObjectRequest, container: Container): Promise<PutPlan> {
    const metadata = manifestHeader(request);
    const plan = await syncPlan(request, this.settings.largeObjects.maxManifestSize) ?? await this.largeObjects.plan(request) ?? await this.links.plan(request);
    return { ...plan, metadata: { ...metadata, ...plan?.metadata }, settings: { ...plan?.settings, ...retentionFor(container, request.startedAt) } };
  }

  /** Asked for a copy, whose bytes and headers are already decided: what of the source's being a manifest or a link is copied. */
  async ofCopy(request: ObjectRequest, container: Container, source: Content): Promise<PutPlan> {
    const plan = await this.copied(request, source);
    return { ...plan, settings: { ...plan.settings, ...retentionFor(container, request.startedAt) } };
  }

  private async copied(request: ObjectRequest, source: Content): Promise<PutPlan> {
    const { settings, metadata } = source.object;
    if (settings.symlink !== undefined) return this.links.planOfCopy(request, settings.symlink);
    const copiesManifest = request.query.get('multipart-manifest') === 'get';
    if (copiesManifest && settings.slo !== undefined) return this.largeObjects.planOfCopy(request, source.object);
    const manifest = copiesManifest ? metadata['x-object-manifest'] : undefined;
    return { metadata: { ...(manifest !== undefined && { 'x-object-manifest': manifest }), ...manifestHeader(request) } };
  }

  /** Asked for a POST: metadata joined to what the headers give, and settings that change. Throws a redirection for links. */
  async ofPost(request: ObjectRequest, container: Container, object: StoredObject): Promise<Pick<ObjectChange, 'metadata' | 'settings'>> {
    requireNotReserved(request);
    const metadata = manifestHeader(request);
    await this.linkPosts.answer(request, container, object, metadata);
    return { metadata };
  }
}

/** A dynamic large object is one by its header alone: every PUT and POST says anew whether it is one. */
function manifestHeader({ headers }: ObjectRequest): Metadata {
  const value = headers['x-object-manifest'];
  if (value === undefined || value === '') return {};
  requireManifestHeader(value);
  return { 'x-object-manifest': value };
}
