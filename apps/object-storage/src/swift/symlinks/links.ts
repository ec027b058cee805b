import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { badRequest, notFound, SwiftFault } from '../faults/index.js';
import type { PutPlan } from '../features/put-plans.js';
import { pathOf, type ObjectRequest, type ObjectTarget } from '../request/index.js';
import { headersOfLink, LINK_CONTENT_TYPE, locationOf, MAX_LINKS, requestedLink, targetOfLink, type SymbolicLink } from './link.js';

declare module '../../objects/object.js' {
  interface ObjectSettings {
    /** What a symbolic link leads to. */
    symlink?: SymbolicLink;
  }
}

export interface Found {
  container: Container;
  object: StoredObject;
}

/** What a chain of links led to. */
export interface Followed extends Found {
  /** The path that the last link named; absent where there was no link. */
  location?: string;
}

export interface FollowOptions {
  /** The etag that the first thing must have. */
  wanted?: string;
  /** Stops at a dynamic link, which is an object like any other to whoever checks a new static link. */
  only?: 'static';
}

/** Symbolic links between objects: made by a PUT, followed by whoever reads. */
@Injectable()
export class Links {
  constructor(private readonly objects: Objects) {}

  /** An object that the request may read. Throws 401 and 403 before it says whether the object is there; 404. */
  async find(request: ObjectRequest, { account, container, object }: ObjectTarget): Promise<Found> {
    const located = await this.objects.locate(account, container, object);
    await request.access.require({ method: 'GET', account, containerName: container, container: located.container, object });
    if (located.container === undefined || located.object === undefined || located.object.isDeleteMarker) throw notFound();
    return { container: located.container, object: located.object };
  }

  /**
   * What `found` leads to. A static link must find the etag that it was made with, else 409; more links than allowed, 409. What
   * went wrong says by Content-Location where.
   */
  async follow(request: ObjectRequest, found: Followed, { wanted, only }: FollowOptions = {}): Promise<Followed> {
    let at = found;
    let etag = wanted;
    for (let links = 0; ; links += 1) {
      const link = at.object.settings.symlink;
      if (link === undefined || (link.etag === undefined && only === 'static')) break;
      requireEtag(etag, link.etag ?? at.object.etag, at.location, 'X-Symlink-Target-Etag headers do not match');
      if (links >= MAX_LINKS) throw new SwiftFault(409, `Too many levels of symbolic links, maximum allowed is ${MAX_LINKS}`);
      at = await this.next(request, link, at.container.account);
      etag = link.etag;
    }
    requireEtag(etag, at.object.etag, at.location, `Object Etag '${at.object.etag}' does not match X-Symlink-Target-Etag header '${etag}'`);
    return at;
  }

  /** What a PUT with X-Symlink-Target stores, or undefined where it has none. Throws 400, 409 and 412. */
  async plan(request: ObjectRequest): Promise<PutPlan | undefined> {
    const requested = requestedLink(request.headers, request.target);
    if (requested === undefined) return undefined;
    await requireEmptyBody(request);
    const { link, target } = requested;
    if (link.etag === undefined) return planOf(request, link, LINK_CONTENT_TYPE);
    const { object } = await this.existing(request, target, link.etag);
    const largeObject = object.settings.slo;
    const checked = { ...link, bytes: largeObject?.sizeBytes ?? object.sizeBytes, ...(largeObject && { sloEtag: largeObject.etag }) };
    return planOf(request, checked, object.contentType);
  }

  /** What a copy of a link itself stores: a link that is checked like a new one, since it may stand in another account. */
  async planOfCopy(request: ObjectRequest, link: SymbolicLink): Promise<PutPlan> {
    const plan = await this.plan({ ...request, headers: { ...request.headers, ...headersOfLink(link), 'content-length': '0' } });
    return plan ?? {};
  }

  private async next(request: ObjectRequest, link: SymbolicLink, from: string): Promise<Followed> {
    const location = locationOf(link, from);
    try {
      return { ...await this.find(request, targetOfLink(link, from)), location };
    } catch (error) {
      if (!(error instanceof SwiftFault)) throw error;
      throw new SwiftFault(error.status, error.words, { contentType: error.contentType, headers: { ...error.headers, 'content-location': location } });
    }
  }

  /** What a new static link leads to; it must be there and have the etag. */
  private async existing(request: ObjectRequest, target: ObjectTarget, etag: string): Promise<Found> {
    const location = pathOf(target);
    try {
      return await this.follow(request, { ...await this.find(request, target), location }, { wanted: etag, only: 'static' });
    } catch (error) {
      if (!(error instanceof SwiftFault) || error.status !== 404) throw error;
      throw new SwiftFault(409, 'X-Symlink-Target does not exist', { headers: { 'content-location': error.headers['content-location'] ?? location } });
    }
  }
}

/** A link's own type is what its PUT says, else that of the target as far as it is known. */
function planOf({ headers }: ObjectRequest, symlink: SymbolicLink, contentType: string): PutPlan {
  return { bytes: Buffer.alloc(0), settings: { symlink }, ...(!headers['content-type'] && { contentType }) };
}

function requireEtag(wanted: string | undefined, found: string, location: string | undefined, words: string): void {
  if (wanted === undefined || wanted === found) return;
  throw new SwiftFault(409, words, { headers: location === undefined ? {} : { 'content-location': location } });
}

async function requireEmptyBody({ headers, body }: ObjectRequest): Promise<void> {
  const length = headers['content-length'];
  const isEmpty = length === undefined ? await hasNoBytes(body) : Number(length) === 0;
  if (!isEmpty) throw badRequest('Symlink requests require a zero byte body');
}

async function hasNoBytes(body: ObjectRequest['body']): Promise<boolean> {
  const first: IteratorResult<unknown> = await body.iterator({ destroyOnReturn: false }).next();
  return first.done === true;
}
