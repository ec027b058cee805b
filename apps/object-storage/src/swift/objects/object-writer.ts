import { Inject, Injectable } from '@nestjs/common';
import { Containers, type Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import type { Metadata } from '../../metadata/index.js';
import { Objects, type Precondition, type Put, type Staged, type StoredObject } from '../../objects/index.js';
import type { Standing } from '../access/index.js';
import { badRequest, notFound, SwiftFault } from '../faults/index.js';
import type { PutPlan } from '../features/index.js';
import { expiryOf, httpDate, objectMetadata } from '../headers/index.js';
import { EtagQuotes, etagsOf } from '../reading/index.js';
import type { ObjectRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { contentTypeOf } from './content-type.js';
import { PutFeatures } from './put-features.js';
import { WriteLimits } from './write-limits.js';

/** PUT of an object: who may is asked first, and everything that can be refused before a byte of the body is read is. */
@Injectable()
export class ObjectWriter {
  constructor(
    private readonly containers: Containers,
    private readonly objects: Objects,
    private readonly features: PutFeatures,
    private readonly limits: WriteLimits,
    private readonly etags: EtagQuotes,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  async put(request: ObjectRequest): Promise<FrontReply> {
    const container = await this.containerFor(request);
    const length = this.announcedLength(request);
    this.requireName(request);
    const answered = await this.features.histories.onPut(request, container);
    if (answered !== undefined) return answered;
    await this.limits.require(request, container, length ?? 0);
    const said = this.said(request);
    await this.requireAbsence(request, container);
    const plan = await this.features.plans.of(request, container);
    return this.withStaged(request, container, { plan, length }, async (staged) => {
      this.requireEtag(request, plan, staged);
      await this.limits.requireAfter(container, staged.sizeBytes, length);
      await this.features.histories.beforePut(request, container);
      const { object } = await this.objects.commit(container, putOf(request, staged, said, plan));
      return this.created(container, object, plan.replyHeaders ?? {});
    });
  }

  /** The container that the caller may write this object into. Throws 401, 403, 404. */
  async containerFor(request: ObjectRequest): Promise<Container> {
    return (await this.openedFor(request)).container;
  }

  /** The same, and what the caller is to its account. */
  async openedFor({ access, method, target }: ObjectRequest): Promise<{ container: Container; standing: Standing }> {
    const container = await this.containers.find(target.account, target.container);
    const standing = await access.require({ method, account: target.account, containerName: target.container, container, object: target.object });
    if (container === undefined) throw notFound();
    return { container, standing };
  }

  /** The answer to a PUT or copy. */
  created(container: Container, object: StoredObject, more: Record<string, string>): Promise<FrontReply> {
    const facts = { 'content-type': 'text/html; charset=UTF-8', 'content-length': '0', etag: object.etag, 'last-modified': httpDate(object.modifiedAt) };
    return this.etags.formed(container, { status: 201, headers: { ...facts, ...more, ...this.features.histories.putHeadersOf(container, object) } });
  }

  /** Throws 400 for a name that is too long. */
  requireName({ target }: ObjectRequest): void {
    const most = this.settings.limits.maxObjectNameLength;
    const length = Buffer.byteLength(target.object);
    if (length > most) throw badRequest(`Object name length of ${length} longer than ${most}`);
  }

  private said({ headers, target, startedAt }: ObjectRequest): Said {
    return {
      contentType: contentTypeOf(headers, target.object), expiresAt: expiryOf(headers, startedAt), metadata: objectMetadata(headers, this.settings.limits),
    };
  }

  /** Who wants to make an object only where there is none need not send its bytes first. Whether there is one is asked again with the commit. */
  private async requireAbsence(request: ObjectRequest, container: Container): Promise<void> {
    if (preconditionOf(request).ifNoneMatch === undefined) return;
    const object = await this.objects.find(container, request.target.object);
    if (object !== undefined && !object.isDeleteMarker) throw new SwiftFault(412);
  }

  /** Undefined for a chunked body. Throws 411, 413 and 400. */
  private announcedLength({ headers }: ObjectRequest): number | undefined {
    const length = headers['content-length'];
    if (length === undefined) {
      if (headers['transfer-encoding'] === undefined) throw new SwiftFault(411, 'Missing Content-Length header.');
      if (headers['transfer-encoding'].toLowerCase() !== 'chunked') throw new SwiftFault(501, 'Unsupported Transfer-Encoding header value');
      return undefined;
    }
    if (!/^\d+$/.test(length)) throw badRequest('Invalid Content-Length');
    if (Number(length) > this.settings.limits.maxFileSize) throw tooLarge();
    return Number(length);
  }

  private withStaged(
    request: ObjectRequest, container: Container, { plan, length }: { plan: PutPlan; length: number | undefined }, use: (staged: Staged) => Promise<FrontReply>,
  ): Promise<FrontReply> {
    const options = { maxBytes: this.settings.limits.maxFileSize, signal: request.front.signal };
    if (plan.bytes !== undefined) return this.objects.withStaged(container, plan.bytes, options, use);
    return this.objects.withStaged(container, request.body, { ...options, ...(length !== undefined && { contentLength: length }) }, use);
  }

  /** A manifest's ETag is not that of its bytes: then the plan has compared it. */
  private requireEtag({ headers }: ObjectRequest, plan: PutPlan, staged: Staged): void {
    const expected = headers['etag'];
    if (plan.bytes !== undefined || expected === undefined || expected === '') return;
    if (!etagsOf(expected.toLowerCase()).includes(staged.md5)) throw new SwiftFault(422);
  }
}

/** What a request says of the object beside its bytes. */
interface Said {
  metadata: Metadata;
  contentType: string;
  expiresAt: number | undefined;
}

function putOf(request: ObjectRequest, staged: Staged, { metadata, contentType, expiresAt }: Said, plan: PutPlan): Put {
  return {
    name: request.target.object, staged,
    contentType: plan.contentType ?? contentType,
    metadata: { ...metadata, ...plan.metadata },
    settings: plan.settings ?? {},
    require: { ...preconditionOf(request), ...plan.require },
    ...(plan.modifiedAt !== undefined && { modifiedAt: plan.modifiedAt }),
    ...(plan.etag !== undefined && { etag: plan.etag }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** Swift knows one condition of PUT: that there be nothing yet. Throws 400 for others. */
export function preconditionOf({ headers }: ObjectRequest): Precondition {
  const condition = headers['if-none-match'];
  if (condition === undefined) return {};
  if (!etagsOf(condition).includes('*')) throw badRequest('If-None-Match only supports *');
  return { ifNoneMatch: '*' };
}

function tooLarge(): SwiftFault {
  return new SwiftFault(413, 'Your request is too large.');
}
