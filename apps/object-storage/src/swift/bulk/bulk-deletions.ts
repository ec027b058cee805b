import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { mapLimit } from '@virga/kernel';
import type { FrontReply } from '../../front/index.js';
import { withoutEnds } from '../../text/index.js';
import { asSwiftFault, badRequest, reasonPage, SwiftFault } from '../faults/index.js';
import type { Answer } from '../features/answer.js';
import { noBody, statusOf } from '../features/subrequest.js';
import { quoted, type SwiftRequest, type Target } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { drawnOut } from './drawn-out.js';
import { bestFormat, renderReport, statusLine, type Failure, type ReportFormat } from './report.js';

/** One thing to delete: `container/object`, or a container alone. */
export interface Deletion {
  /** As reports name it, decoded. */
  name: string;
  versionId?: string;
  /** It cannot be deleted, for this reason (a manifest that cannot be read): it is only reported. */
  problem?: { status: number; message: string };
}

export interface DeletionOptions {
  format: ReportFormat;
  /** 0 sets no limit. */
  maxFailures: number;
}

/** Deletions of one request that go on at the same time. More is faster for one client, and slower for all others. */
const CONCURRENCY = 2;
/** A byte may be written as three. */
const PERCENT_ENCODED = 3;

/** `?bulk-delete`: up to ten thousand deletions by one request, reported one by one while the connection is kept alive. */
@Injectable()
export class BulkDeletions {
  constructor(@Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings) {}

  /** The answer to a bulk deletion, or undefined where the request is none. The status is always 200: the report has the real one. */
  answer(request: SwiftRequest, next: Answer): FrontReply | undefined {
    const { method, query, headers } = request;
    if (!query.has('bulk-delete') || (method !== 'POST' && method !== 'DELETE')) return undefined;
    const format = bestFormat(headers['accept']);
    const listed = async (): Promise<Deletion[]> => {
      if (format === undefined) throw new SwiftFault(406);
      if ((headers['content-type'] ?? '') !== '' && !headers['content-type']?.startsWith('text/plain')) throw new SwiftFault(406);
      return this.listed(request);
    };
    return this.reply(request, listed, { format: format ?? 'text/plain', maxFailures: this.settings.bulk.maxFailedDeletes }, next);
  }

  /** An answer that deletes what `listed` gives, objects first, and tells what became of it. */
  reply(request: SwiftRequest, listed: () => Promise<readonly Deletion[]>, options: DeletionOptions, next: Answer): FrontReply {
    const { format } = options;
    const isXml = format.endsWith('/xml');
    const work = this.work(request, listed, options, next);
    return {
      status: 200, readsBody: true, headers: { 'content-type': format },
      body: drawnOut(work, { first: isXml ? '<?xml version="1.0" encoding="UTF-8"?>\n' : ' ', isEager: false }),
    };
  }

  private async work(request: SwiftRequest, listed: () => Promise<readonly Deletion[]>, { format, maxFailures }: DeletionOptions, next: Answer): Promise<string> {
    const tally = new Tally(maxFailures);
    let [status, body] = ['200 OK', ''];
    try {
      const deletions = (await listed()).filter(({ name }) => name !== '');
      const isContainer = ({ name }: Deletion): boolean => !withoutEnds(name, '/').includes('/');
      for (const wave of [deletions.filter((deletion) => !isContainer(deletion)), deletions.filter(isContainer)]) {
        await mapLimit(wave, CONCURRENCY, async (deletion) => tally.count(deletion, await this.remove(request, deletion, next)));
      }
      if (tally.failures.length > 0) status = statusLine(tally.hasServerFault ? 502 : 400);
      else if (tally.deleted + tally.notFound === 0) [status, body] = [statusLine(400), 'Invalid bulk delete.'];
    } catch (error) {
      request.front.signal.throwIfAborted();
      [status, body] = reasonOf(error, request);
    }
    return renderReport(format, {
      facts: { 'Number Deleted': tally.deleted, 'Number Not Found': tally.notFound, 'Response Body': body, 'Response Status': status }, failures: tally.failures,
    }, 'delete');
  }

  private async remove(request: SwiftRequest, { name, versionId, problem }: Deletion, next: Answer): Promise<number> {
    if (problem !== undefined) return problem.status;
    const path = name.replace(/^\/+/, '');
    if (!path.isWellFormed() || path.includes('\0')) return 412;
    const slash = path.indexOf('/');
    const { account } = request.target;
    const target: Target = slash < 0 || slash === path.length - 1
      ? { account, container: slash < 0 ? path : path.slice(0, slash) } : { account, container: path.slice(0, slash), object: path.slice(slash + 1) };
    const query = new URLSearchParams(versionId === undefined ? [] : [['version-id', versionId]]);
    return statusOf({ ...request, method: 'DELETE', target, query, headers: {}, body: noBody() }, next);
  }

  /** The names in the body, one a line, percent-encoded. Throws 400, 411 and 413. */
  private async listed({ headers, body }: SwiftRequest): Promise<Deletion[]> {
    if (headers['content-length'] === undefined && headers['transfer-encoding']?.toLowerCase() !== 'chunked') throw new SwiftFault(411);
    const { maxDeletesPerRequest } = this.settings.bulk;
    const { maxObjectNameLength, maxContainerNameLength } = this.settings.limits;
    const names: Buffer[] = [];
    for await (const line of linesOf(body, (maxObjectNameLength + maxContainerNameLength + 2) * PERCENT_ENCODED * 2)) {
      if (line.length > 0) names.push(line);
      if (names.length > maxDeletesPerRequest) throw new SwiftFault(413, `Maximum Bulk Deletes: ${maxDeletesPerRequest} per request`);
    }
    return names.map(deletionOf);
  }
}

/** Counts what became of each deletion; too many failures end the work. */
class Tally {
  deleted = 0;
  notFound = 0;
  hasServerFault = false;
  readonly failures: Failure[] = [];

  constructor(private readonly maxFailures: number) {}

  count({ name, problem }: Deletion, status: number): void {
    if (status >= 200 && status <= 299) this.deleted += 1;
    else if (status === 404) this.notFound += 1;
    else this.fail(name, status, problem?.message ?? statusLine(status));
  }

  private fail(name: string, status: number, message: string): void {
    this.hasServerFault ||= status >= 500;
    this.failures.push({ name: quoted(name), status: message });
    if (this.maxFailures > 0 && this.failures.length >= this.maxFailures) throw badRequest('Max delete failures exceeded');
  }
}

/** Bytes that are no UTF-8 name nothing. */
function deletionOf(line: Buffer): Deletion {
  const bytes = Buffer.from(line.toString('latin1').replaceAll(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))), 'latin1');
  const name = bytes.toString('utf8');
  const isText = Buffer.from(name, 'utf8').equals(bytes) && !name.includes('\0');
  return isText ? { name } : { name: bytes.toString('latin1'), problem: { status: 412, message: statusLine(412) } };
}

/** What a report says of what ended the work. */
export function reasonOf(error: unknown, { front }: SwiftRequest): [status: string, body: string] {
  const fault = asSwiftFault(error);
  if (fault.status >= 500) front.noteFailure(error);
  return [statusLine(fault.status), fault.words ?? plainReason(fault.status)];
}

/** The reason of a status without markup, as text reports have it. */
export function plainReason(status: number): string {
  return reasonPage(status).replaceAll(/<\/h1>/g, '\n').replaceAll(/<[^>]*>/g, '');
}

/** Lines of a body without the blanks around them. A line longer than `maxBytes` throws 400. */
export async function* linesOf(body: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      yield trimmed(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
    }
    if (rest.length > maxBytes) throw badRequest('Invalid File Name');
  }
  yield trimmed(rest);
}

function trimmed(line: Buffer): Buffer {
  return Buffer.from(withoutEnds(line.toString('latin1'), ' \t\r'), 'latin1');
}
