import { Inject, Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { ObjectNotFound, Objects, type Precondition, type StoredObject } from '../../objects/index.js';
import type { Microseconds } from '../../timestamps/index.js';
import { originTime } from '../container-sync/index.js';
import { badRequest, notFound, preconditionFailed, reasonPage } from '../faults/index.js';
import { Histories, PutPlans } from '../features/index.js';
import { expiryOf, objectMetadata, requireContentType } from '../headers/index.js';
import { RateLimits } from '../../rates/index.js';
import type { HeaderMap, ObjectRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { ObjectWriter } from './object-writer.js';

const HTML = { 'content-type': 'text/html; charset=UTF-8' };

/** POST and DELETE of an object. */
@Injectable()
export class ObjectChanges {
  constructor(
    private readonly objects: Objects,
    private readonly writer: ObjectWriter,
    private readonly plans: PutPlans,
    private readonly histories: Histories,
    private readonly rates: RateLimits,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  /** Replaces the metadata and the time of expiry as a whole; the type stays where none is sent. */
  async post(request: ObjectRequest): Promise<FrontReply> {
    const container = await this.writer.containerFor(request);
    const { headers, startedAt, target } = request;
    const metadata = objectMetadata(headers, this.settings.limits);
    const expiresAt = expiryOf(headers, startedAt) ?? null;
    await this.rates.forContainer(container, request.front.signal);
    this.histories.requireNoVersion(request);
    const object = await this.objects.find(container, target.object);
    if (object === undefined || object.isDeleteMarker) throw notFound();
    const plan = await this.plans.ofPost(request, container, object);
    const contentType = headers['content-type'];
    await this.change(() => this.objects.change(container, object, {
      metadata: { ...metadata, ...plan.metadata }, expiresAt, ...(plan.settings !== undefined && { settings: plan.settings }),
      ...(contentType !== undefined && contentType !== '' && { contentType: requireContentType(contentType) }),
    }));
    return { status: 202, headers: HTML, body: reasonPage(202) };
  }

  async remove(request: ObjectRequest): Promise<FrontReply> {
    const { container, standing } = await this.writer.openedFor(request);
    await this.rates.forContainer(container, request.front.signal);
    const answered = await this.histories.onDelete(request, container, standing);
    if (answered !== undefined) return answered;
    const answer = await this.objects.remove(container, request.target.object, removalOf(request));
    if (isExpired(answer.removed, request)) throw notFound();
    return this.histories.removedReply(container, answer);
  }

  /** Somebody may have removed it meanwhile. */
  private async change(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw error instanceof ObjectNotFound ? notFound() : error;
    }
  }
}

/** It was not there any more, and now it really is not. */
function isExpired(removed: StoredObject | undefined, { startedAt }: ObjectRequest): boolean {
  return removed?.expiresAt !== undefined && removed.expiresAt <= startedAt / 1000;
}

/** What another cluster removed is removed as of then, unless it has been put anew since. */
function removalOf(request: ObjectRequest): { require: Precondition; at?: Microseconds } {
  const at = originTime(request);
  const require = expiryCondition(request.headers);
  return at === undefined ? { require } : { at, require: { ...require, isNewerThan: at } };
}

/** X-If-Delete-At: only an object that expires just then is removed. Throws 400 at once, 412 when the object is looked at. */
function expiryCondition({ 'x-if-delete-at': moment }: HeaderMap): Precondition {
  if (moment === undefined) return {};
  if (!/^\d+(\.\d*)?$/.test(moment)) throw badRequest('Bad X-If-Delete-At header value');
  return {
    check: (current) => {
      if (current !== undefined && current.expiresAt !== Math.floor(Number(moment))) throw preconditionFailed('X-If-Delete-At and X-Delete-At do not match');
    },
  };
}
