import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { isSubdir, type Subdir } from '../../listing/index.js';
import { faultReply, notFound } from '../faults/index.js';
import type { Answer } from '../features/answer.js';
import type { ObjectEntry } from '../features/object-listings.js';
import { replyTo } from '../features/subrequest.js';
import { namesContainer, namesObject, quoted, saysYes, type ContainerRequest, type ObjectRequest, type SwiftRequest } from '../request/index.js';
import { listingPage, listingsDisabledPage, type SiteOptions } from './pages.js';
import { siteOptionsOf } from './site-options.js';

const HTML = { 'content-type': 'text/html; charset=UTF-8' };

/** A request for something of a site, and how the owner wants the site to be shown. */
interface Visit {
  request: SwiftRequest & { target: { container: string } };
  options: SiteOptions;
  next: Answer;
}

/**
 * Containers as web sites, for visitors without a token and for whoever asks for it (X-Web-Mode): index objects for directories,
 * listings, error pages. Everything is read by requests under the visitor's own access, so a site shows nothing that its ACL hides.
 */
@Injectable()
export class StaticSites {
  constructor(private readonly containers: Containers) {}

  async answer(request: SwiftRequest, next: Answer): Promise<FrontReply> {
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    const isVisitor = request.access.caller === undefined || saysYes(request.headers['x-web-mode']);
    if (!isReading || !isVisitor) return next(request);
    if (namesObject(request)) return this.object(request, next);
    return namesContainer(request) ? this.root(request, next) : next(request);
  }

  private async root(request: ContainerRequest, next: Answer): Promise<FrontReply> {
    const visit = await this.visitTo(request, next);
    if (visit === undefined) return next(request);
    const { index } = visit.options;
    const permitted = await this.refusal(visit);
    if (permitted !== undefined) return this.error(visit, permitted);
    if (!isDirectoryPath(request)) return redirectToDirectory(request);
    return index === undefined ? this.listing(visit, '') : this.indexOr(visit, index, '');
  }

  private async object(request: ObjectRequest, next: Answer): Promise<FrontReply> {
    const reply = await replyTo(request, next);
    const isMissing = reply.status === 404;
    if (!isMissing && reply.status > 299) return reply;
    const visit = await this.visitTo(request, next);
    if (visit === undefined || (!isMissing && !isDirectoryMarker(reply, visit.options))) return reply;
    discard(reply);
    return this.directory(visit, request.target.object.replace(/\/$/, ''));
  }

  /** A name that is no object: its index, its listing, or the way there. */
  private async directory(visit: Visit, directory: string): Promise<FrontReply> {
    const { request, options: { index } } = visit;
    if (index !== undefined) {
      const shown = await this.page(visit, `${directory}/${index}`);
      if (shown.status < 400) return this.asDirectory(visit, shown);
      discard(shown);
      if (shown.status !== 404) return this.error(visit, shown);
    }
    if (isDirectoryPath(request)) return this.listing(visit, `${directory}/`);
    return await this.hasFiles(visit, `${directory}/`) ? redirectToDirectory(request) : this.error(visit, faultReply(notFound(), request.method));
  }

  /** The site that a request is for; undefined where its container is none. */
  private async visitTo(request: ContainerRequest | ObjectRequest, next: Answer): Promise<Visit | undefined> {
    const container = await this.containers.find(request.target.account, request.target.container);
    if (container === undefined) return undefined;
    const options = siteOptionsOf(container.metadata);
    if (options.index !== undefined || options.mentionsListings) return { request, options, next };
    if (namesContainer(request) && saysYes(request.headers['x-web-mode'])) throw notFound();
    return undefined;
  }

  /** The answer to a visitor who may not even list the container. */
  private async refusal({ request, next }: Visit): Promise<FrontReply | undefined> {
    const { account, container } = request.target;
    const reply = await replyTo({ ...request, method: 'HEAD', target: { account, container }, query: new URLSearchParams() }, next);
    return reply.status > 299 ? reply : undefined;
  }

  private async indexOr(visit: Visit, index: string, directory: string): Promise<FrontReply> {
    const shown = await this.page(visit, `${directory}${index}`);
    if (shown.status < 400) return shown;
    discard(shown);
    return shown.status === 404 ? this.listing(visit, directory) : this.error(visit, shown);
  }

  /** An index is shown under its directory's path, which ends with a slash: its links are relative to it. */
  private asDirectory({ request }: Visit, shown: FrontReply): FrontReply {
    if (isDirectoryPath(request)) return shown;
    discard(shown);
    return redirectToDirectory(request);
  }

  private page({ request, next }: Visit, object: string): Promise<FrontReply> {
    return replyTo({ ...request, target: { ...request.target, object } }, next);
  }

  private async listing(visit: Visit, prefix: string): Promise<FrontReply> {
    const { request, options } = visit;
    const label = labelOf(visit, prefix);
    if (!options.showsListings) return this.error(visit, { status: 404, headers: HTML, body: listingsDisabledPage(label, prefix, options) });
    const { reply, entries } = await this.list(visit, prefix, 10_000);
    if (entries === undefined) return this.error(visit, reply);
    if (prefix !== '' && entries.length === 0) return this.error(visit, faultReply(notFound(), request.method));
    const body = listingPage({
      label, prefix, css: options.listingsCss,
      directories: entries.filter(isSubdir).map(({ subdir }) => subdir),
      files: entries.filter((entry): entry is ObjectEntry => !isSubdir(entry))
        .map(({ name, bytes, content_type: contentType, last_modified: lastModified }) => ({ name, bytes, contentType, lastModified })),
    });
    return shownTo(request, { status: 200, headers: HTML, body });
  }

  private async hasFiles(visit: Visit, prefix: string): Promise<boolean> {
    const { entries = [] } = await this.list(visit, prefix, 1);
    return entries.length > 0;
  }

  private async list({ request, next }: Visit, prefix: string, limit: number): Promise<{ reply: FrontReply; entries?: (ObjectEntry | Subdir)[] }> {
    const query = new URLSearchParams({ format: 'json', delimiter: '/', limit: String(limit), ...(prefix !== '' && { prefix }) });
    const { account, container } = request.target;
    const reply = await replyTo({ ...request, method: 'GET', target: { account, container }, query }, next);
    if (reply.status > 299) return { reply };
    return { reply, entries: reply.status === 204 ? [] : JSON.parse(await bodyOf(reply)) as (ObjectEntry | Subdir)[] };
  }

  /** What refuses a visitor, with the owner's page for its status where there is one that the visitor may read. */
  private async error(visit: Visit, refusal: FrontReply): Promise<FrontReply> {
    const { request, options, next } = visit;
    if (options.error === undefined) return shownTo(request, refusal);
    const { account, container } = request.target;
    const target = { account, container, object: `${refusal.status}${options.error}` };
    const page = await replyTo({ ...request, method: 'GET', target, headers: {}, query: new URLSearchParams() }, next);
    if (page.status > 299) {
      discard(page);
      return shownTo(request, refusal);
    }
    return shownTo(request, { ...page, status: refusal.status });
  }
}

function labelOf({ request, options }: Visit, prefix: string): string {
  const { account, container } = request.target;
  return options.listingsLabel === undefined ? `/v1/${account}/${container}/${prefix}` : `${options.listingsLabel}/${prefix}`;
}

/** Objects that only stand for a directory. */
function isDirectoryMarker({ headers }: FrontReply, { directoryType }: SiteOptions): boolean {
  return headers['content-type'] === directoryType && Number(headers['content-length'] ?? 0) <= 1;
}

function isDirectoryPath({ front }: SwiftRequest): boolean {
  return front.rawPath.endsWith('/');
}

function redirectToDirectory(request: SwiftRequest): FrontReply {
  const { account, container, object } = request.target;
  const path = [account, container, object].filter((part) => part !== undefined).map(quoted).join('/');
  const location = `${originOf(request)}/v1/${path}/`;
  return shownTo(request, { status: 301, headers: { ...HTML, location }, body: '<html><h1>Moved Permanently</h1><p>The resource has moved permanently.</p></html>' });
}

/** Relative where the client does not say how it calls us. */
function originOf({ headers }: SwiftRequest): string {
  const host = headers['host'];
  if (host === undefined || !/^[A-Za-z0-9.:[\]_-]+$/.test(host)) return '';
  return `${headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'}://${host}`;
}

/** A HEAD is told the length of what it would get. */
function shownTo({ method }: SwiftRequest, reply: FrontReply): FrontReply {
  const { body, ...head } = reply;
  if (method !== 'HEAD' || body === undefined) return reply;
  discard(reply);
  if (body instanceof Readable) return head;
  return { ...head, headers: { ...head.headers, 'content-length': String(Buffer.byteLength(body)) } };
}

async function bodyOf({ body = '' }: FrontReply): Promise<string> {
  return body instanceof Readable ? text(body) : body.toString();
}

function discard({ body }: FrontReply): void {
  if (body instanceof Readable) body.destroy();
}
