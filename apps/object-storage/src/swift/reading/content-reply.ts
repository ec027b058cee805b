import { randomBytes } from 'node:crypto';
import type { ByteRange } from '@virga/ports';
import type { FrontReply } from '../../front/index.js';
import { SwiftFault } from '../faults/index.js';
import type { Content } from '../features/index.js';
import { httpDate, timestampHeader } from '../headers/index.js';
import type { ObjectRequest } from '../request/index.js';
import { askedPart, type AskedPart } from './asked-part.js';
import { byteRangesBody } from './byte-ranges.js';
import { conditionalStatus } from './conditions.js';
import { wantedRanges } from './ranges.js';

/** The answer to a GET or HEAD: conditions first, then ranges (of a GET), then all. Throws 412 and 416. */
export async function contentReply(request: ObjectRequest, content: Content): Promise<FrontReply> {
  const headers = contentHeaders(content);
  const status = conditionalStatus(request.headers, { etag: content.etag, modifiedAt: content.object.modifiedAt });
  if (status === 304) return { status, headers: without(headers, 'content-type') };
  if (status === 412) throw new SwiftFault(412, undefined, { headers: { ...located(content), etag: content.etag, 'last-modified': httpDate(content.object.modifiedAt) } });
  const part = await askedPart(request, content);
  if (part !== undefined) return partReply(request, content, part, headers);
  if (request.method === 'HEAD') return { status: 200, headers: { ...headers, 'content-length': String(content.sizeBytes) } };
  const wanted = wantedRanges(request.headers['range'], content.sizeBytes);
  if (wanted === 'unsatisfiable') throw new SwiftFault(416, undefined, { headers: { ...objectFacts(headers), 'content-range': `bytes */${content.sizeBytes}` } });
  const { signal } = request.front;
  if (wanted === 'all' || (wanted.length > 1 && content.takesOneRange === true)) {
    return { status: 200, headers: { ...headers, 'content-length': String(content.sizeBytes) }, body: await content.open(undefined, signal) };
  }
  return wanted.length === 1 ? singleRange(content, wanted[0] as ByteRange, headers, signal) : severalRanges(content, wanted, headers, signal);
}

/** The headers of a content, whatever part of its bytes is sent. */
export function contentHeaders({ object, contentType, etag, headers }: Content): Record<string, string> {
  return {
    ...object.metadata,
    'content-type': contentType,
    etag,
    'last-modified': httpDate(object.modifiedAt),
    'x-timestamp': timestampHeader(object.modifiedAt),
    'accept-ranges': 'bytes',
    ...(object.expiresAt !== undefined && { 'x-delete-at': String(object.expiresAt) }),
    ...headers,
  };
}

async function partReply({ method, front }: ObjectRequest, content: Content, { range, count }: AskedPart, headers: Record<string, string>): Promise<FrontReply> {
  const about = { ...headers, 'x-parts-count': String(count) };
  if (method !== 'HEAD') return singleRange(content, range, about, front.signal);
  return { status: 206, headers: { ...about, ...rangeHeaders(range, content.sizeBytes) } };
}

function rangeHeaders({ first, last }: ByteRange, sizeBytes: number): Record<string, string> {
  return { 'content-length': String(last - first + 1), 'content-range': `bytes ${first}-${last}/${sizeBytes}` };
}

async function singleRange(content: Content, range: ByteRange, headers: Record<string, string>, signal: AbortSignal): Promise<FrontReply> {
  return {
    status: 206,
    headers: { ...headers, ...rangeHeaders(range, content.sizeBytes) },
    body: await content.open(range, signal),
  };
}

function severalRanges(content: Content, ranges: readonly ByteRange[], headers: Record<string, string>, signal: AbortSignal): FrontReply {
  const boundary = randomBytes(16).toString('hex');
  const { body, sizeBytes } = byteRangesBody({
    ranges, boundary, sizeBytes: content.sizeBytes, contentType: content.contentType, open: (range) => content.open(range, signal),
  });
  return { status: 206, headers: { ...headers, 'content-type': `multipart/byteranges;boundary=${boundary}`, 'content-length': String(sizeBytes) }, body };
}

/** Where a chain of links led to. */
function located({ headers }: Content): Record<string, string> {
  const location = headers['content-location'];
  return location === undefined ? {} : { 'content-location': location };
}

/** What a refusal still tells of the object. */
function objectFacts(headers: Record<string, string>): Record<string, string> {
  return without(headers, 'content-type', 'content-encoding', 'content-disposition');
}

function without(headers: Record<string, string>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
