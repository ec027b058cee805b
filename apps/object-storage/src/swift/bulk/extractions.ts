import { Inject, Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { withoutEnd } from '../../text/index.js';
import { badRequest, SwiftFault } from '../faults/index.js';
import type { Answer } from '../features/answer.js';
import { noBody, statusOf } from '../features/subrequest.js';
import { quoted, type HeaderMap, type SwiftRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { ArchiveInvalid, compressionOf, filesOf, type ArchiveFile, type Compression } from './archive.js';
import { reasonOf } from './bulk-deletions.js';
import { drawnOut } from './drawn-out.js';
import { bestFormat, renderReport, statusLine, type Failure, type ReportFormat } from './report.js';

/** Where a file of an archive goes. */
interface Place {
  container: string;
  object: string;
  /** `container/object` */
  path: string;
}

/** `?extract-archive`: each file of an uploaded archive becomes an object, while the archive is still coming. */
@Injectable()
export class Extractions {
  constructor(@Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings) {}

  /** The answer to an archive, or undefined where the request is none. Throws 400 for a kind of archive that is not known. */
  answer(request: SwiftRequest, next: Answer): FrontReply | undefined {
    const kind = request.query.get('extract-archive');
    if (kind === null || request.method !== 'PUT') return undefined;
    const compression = compressionOf(kind);
    if (compression === undefined) throw badRequest('Unsupported archive format');
    const format = bestFormat(request.headers['accept']);
    const work = this.work(request, compression, format, next);
    return {
      status: 200, readsBody: true, headers: { 'content-type': format ?? 'text/plain' },
      body: drawnOut(work, { first: format?.endsWith('/xml') === true ? '<?xml version="1.0" encoding="UTF-8"?>\n' : ' ', isEager: false }),
    };
  }

  private async work(request: SwiftRequest, compression: Compression, format: ReportFormat | undefined, next: Answer): Promise<string> {
    const extraction = new Extraction(request, this.settings, next);
    let [status, body] = [statusLine(201), ''];
    try {
      if (format === undefined) throw new SwiftFault(406);
      requireLength(request.headers);
      for await (const file of filesOf(request.body, compression, request.front.signal)) {
        await extraction.store(file);
        if (extraction.failures.length >= this.settings.bulk.maxFailedExtractions) break;
      }
      if (extraction.failures.length > 0) status = statusLine(extraction.hasServerFault ? 502 : 400);
      else if (extraction.created === 0) [status, body] = [statusLine(400), 'Invalid Tar File: No Valid Files'];
    } catch (error) {
      request.front.signal.throwIfAborted();
      [status, body] = error instanceof ArchiveInvalid ? [statusLine(400), `Invalid Tar File: ${error.message}`] : reasonOf(error, request);
    }
    return renderReport(format ?? 'text/plain', {
      facts: { 'Number Files Created': extraction.created, 'Response Body': body, 'Response Status': status }, failures: extraction.failures,
    }, 'extract');
  }
}

/** One archive on its way into objects. */
class Extraction {
  created = 0;
  hasServerFault = false;
  readonly failures: Failure[] = [];
  private readonly containers = new Set<string>();
  private containersCreated = 0;

  constructor(private readonly request: SwiftRequest, private readonly settings: SwiftSettings, private readonly next: Answer) {}

  /** Makes an object of a file, and its container where there is none. What goes wrong is noted; 401 ends it all. */
  async store(file: ArchiveFile): Promise<void> {
    const place = placeOf(this.request, file.name);
    if (place === undefined) return;
    if (!place.path.isWellFormed() || place.path.includes('\0') || place.path.includes('�')) return this.fail(place.path, 412);
    if (file.sizeBytes > this.settings.limits.maxFileSize) return this.fail(place.path, 413);
    const containerStatus = await this.ensureContainer(place.container);
    const status = await statusOf({
      ...this.request, method: 'PUT', target: { account: this.request.target.account, container: place.container, object: place.object },
      headers: headersOf(this.request.headers, file), query: new URLSearchParams(), body: file.bytes,
    }, this.next);
    if (status <= 299) {
      this.created += 1;
      return;
    }
    if (containerStatus > 299) this.fail(place.container, containerStatus);
    this.fail(place.path, status);
    if (status === 401) throw new SwiftFault(401);
  }

  /** The status of making the container. A failure does not end it: an ACL may let the objects in all the same. */
  private async ensureContainer(container: string): Promise<number> {
    if (this.containers.has(container)) return 200;
    const about = { ...this.request, target: { account: this.request.target.account, container }, headers: {}, query: new URLSearchParams(), body: noBody() };
    let status = await statusOf({ ...about, method: 'HEAD' }, this.next);
    if (status === 404) {
      this.containersCreated += 1;
      const { maxContainersPerExtraction } = this.settings.bulk;
      if (this.containersCreated > maxContainersPerExtraction) throw badRequest(`More than ${maxContainersPerExtraction} containers to create from tar.`);
      status = await statusOf({ ...about, method: 'PUT' }, this.next);
    }
    if (status === 401) throw new SwiftFault(401);
    if (status <= 299) this.containers.add(container);
    return status;
  }

  private fail(path: string, status: number): void {
    this.hasServerFault ||= status >= 500;
    this.failures.push({ name: quoted(path.toWellFormed().slice(0, this.longestPath())), status: statusLine(status) });
  }

  private longestPath(): number {
    const { maxObjectNameLength, maxContainerNameLength } = this.settings.limits;
    return maxObjectNameLength + maxContainerNameLength + 2;
  }
}

/** Below the request's path; a file that would be directly in an account is left out. */
function placeOf({ target }: SwiftRequest, name: string): Place | undefined {
  const bare = name.replace(/^\.\//, '').replace(/^\/+/, '');
  const base = withoutEnd([target.container, target.object].filter((part) => part !== undefined).join('/'), '/');
  const path = base === '' ? bare : `${base}/${bare}`;
  const slash = path.indexOf('/');
  return slash < 1 || slash === path.length - 1 ? undefined : { path, container: path.slice(0, slash), object: path.slice(slash + 1) };
}

const ATTRIBUTE = /^(?:SCHILY|LIBARCHIVE)\.xattr\.user\.(?:(mime_type)|meta\.(.+))$/;

/** Each object gets the request's metadata and time of expiry, and what its file says of itself. */
function headersOf(sent: HeaderMap, file: ArchiveFile): HeaderMap {
  const headers: Record<string, string> = { 'content-length': String(file.sizeBytes) };
  for (const [name, value] of Object.entries(sent)) {
    if (value !== undefined && (name.startsWith('x-object-meta-') || name === 'x-delete-at' || name === 'x-delete-after')) headers[name] = value;
  }
  for (const [attribute, value] of Object.entries(file.attributes)) {
    const [, type, meta] = ATTRIBUTE.exec(attribute) ?? [];
    if (type !== undefined) headers['content-type'] = value;
    else if (meta !== undefined) headers[`x-object-meta-${meta.toLowerCase()}`] = value;
  }
  return headers;
}

function requireLength(headers: HeaderMap): void {
  if (headers['content-length'] === undefined && headers['transfer-encoding']?.toLowerCase() !== 'chunked') throw new SwiftFault(411);
}
