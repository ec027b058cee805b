import { Inject, Injectable } from '@nestjs/common';
import { Containers, type Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Objects, type Precondition, type Staged, type StoredObject } from '../../objects/index.js';
import type { Standing } from '../access/index.js';
import { badRequest, notFound, SwiftFault } from '../faults/index.js';
import { Histories, PutPlans, type PutPlan } from '../features/index.js';
import { expiryOf, httpDate, objectMetadata } from '../headers/index.js';
import { etagsOf } from '../reading/index.js';
import type { ObjectRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { contentTypeOf } from './content-type.js';
import { WriteLimits } from './write-limits.js';

/** PUT of an object: who may is asked first, and everything that can be refused before a byte of the body is read is. */
@Injectable()
export class ObjectWriter {
  constructor(
    private readonly containers: Containers,
    private readonly objects: Objects,
    private readonly plans: PutPlans,
    private readonly histories: Histories,
    private readonly limits: WriteLimits,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  async put(request: ObjectRequest): Promise<FrontReply> {
    const container = await this.containerFor(request);
    const length = this.announcedLength(request);
    this.requireName(request);
    const answered = await this.histories.onPut(request, container);
    if (answered !== undefined) return answered;
    await this.limits.require(request, container, length ?? 0);
    const { metadata, contentType, expiresAt } = this.said(request);
    const plan = await this.plans.of(request, container);
    const staged = await this.stage(request, container, plan, length);
    await this.limits.requireAfter(container, staged.sizeBytes, length);
    await this.histories.beforePut(request, container);
    const { object } = await this.objects.commit(container, {
      name: request.target.object, staged, contentType: plan.contentType ?? contentType, metadata: { ...metadata, ...plan.metadata },
      settings: plan.settings ?? {}, require: { ...preconditionOf(request), ...plan.require }, ...(plan.modifiedAt !== undefined && { modifiedAt: plan.modifiedAt }), ...(plan.etag !== undefined && { etag: plan.etag }), ...(expiresAt !== undefined && { expiresAt }),
    });
    return created(object, { ...plan.replyHeaders, ...this.histories.putHeadersOf(container, object) });
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

  /** Throws 400 for a name that is too long. */
  requireName({ target }: ObjectRequest): void {
    const most = this.settings.limits.maxObjectNameLength;
    const length = Buffer.byteLength(target.object);
    if (length > most) throw badRequest(`Object name length of ${length} longer than ${most}`);
  }

  private said(request: ObjectRequest): { metadata: Record<string, string>; contentType: string; expiresAt: number | undefined } {
    const { headers, target, startedAt } = request;
    return {
      contentType: contentTypeOf(headers, target.object), expiresAt: expiryOf(headers, startedAt), metadata: objectMetadata(headers, this.settings.limits),
    };
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

  private async stage(request: ObjectRequest, container: Container, plan: PutPlan, contentLength: number | undefined): Promise<Staged> {
    const { signal } = request.front;
    const { maxFileSize: maxBytes } = this.settings.limits;
    if (plan.bytes !== undefined) return this.objects.stage(container, plan.bytes, { maxBytes, signal });
    const staged = await this.objects.stage(container, request.body, { maxBytes, signal, ...(contentLength !== undefined && { contentLength }) });
    const expected = request.headers['etag'];
    if (expected !== undefined && expected !== '' && !etagsOf(expected.toLowerCase()).includes(staged.md5)) throw new SwiftFault(422);
    return staged;
  }
}

/** Swift knows one condition of PUT: that there be nothing yet. Throws 400 for others. */
export function preconditionOf({ headers }: ObjectRequest): Precondition {
  const condition = headers['if-none-match'];
  if (condition === undefined) return {};
  if (!etagsOf(condition).includes('*')) throw badRequest('If-None-Match only supports *');
  return { ifNoneMatch: '*' };
}

export function created(object: StoredObject, more: Record<string, string> = {}): FrontReply {
  return {
    status: 201,
    headers: { 'content-type': 'text/html; charset=UTF-8', 'content-length': '0', etag: object.etag, 'last-modified': httpDate(object.modifiedAt), ...more },
  };
}

function tooLarge(): SwiftFault {
  return new SwiftFault(413, 'Your request is too large.');
}
