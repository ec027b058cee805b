import { Injectable } from '@nestjs/common';
import type { ByteRange } from '@virga/ports';
import type { FrontReply } from '../../front/index.js';
import { Objects, type PartBytes, type StoredObject } from '../../objects/index.js';
import { countParameter } from '../request/parameters.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { S3Error, invalidArgument } from '../s3-error.js';
import { optional, xml, type Xml } from '../xml/xml-writer.js';
import { requireWanted } from './conditions.js';
import { ObjectFeatures } from '../object-features/object-features.js';
import { LookUp } from './look-up.js';
import { objectHeaders, versionHeader } from './object-replies.js';
import type { OperationGroup, S3Operation } from './operation.js';
import { rangeOf } from './ranges.js';
import { ReadSources, type ReadSource } from './read-sources.js';
import { xmlReply } from './replies.js';
import { checksumHeaders, checksumOf, checksumXml } from './stored-checksum.js';
import { httpTime } from './times.js';

/** Headers of an answer that a signed GET may choose. */
const OVERRIDES: Readonly<Record<string, string>> = {
  'response-cache-control': 'cache-control', 'response-content-disposition': 'content-disposition', 'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language', 'response-content-type': 'content-type', 'response-expires': 'expires',
};

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];

/** What is asked of an object's bytes. */
interface Slice {
  status: 200 | 206;
  range: ByteRange | undefined;
  headers: Record<string, string>;
}

/** Reading objects: their bytes, their headers, their attributes. */
@Injectable()
export class ReadOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'GetObject', on: 'object', method: 'GET', run: (request) => this.get(request) },
    { name: 'HeadObject', on: 'object', method: 'HEAD', run: (request) => this.head(request) },
    { name: 'GetObjectAttributes', on: 'object', method: 'GET', query: ['attributes'], run: (request) => this.attributes(request) },
  ];

  constructor(private readonly objects: Objects, private readonly features: ObjectFeatures, private readonly lookUp: LookUp, private readonly sources: ReadSources) {}

  private async get(request: ObjectRequest): Promise<FrontReply> {
    const { source, slice, headers } = await this.asked(request);
    const body = slice.range !== undefined && slice.range.last < slice.range.first ? Buffer.alloc(0) : await source.open(slice.range);
    return { status: slice.status, headers, body };
  }

  private async head(request: ObjectRequest): Promise<FrontReply> {
    const { slice, headers } = await this.asked(request);
    return { status: slice.status, headers };
  }

  private async asked(request: ObjectRequest): Promise<{ source: ReadSource; slice: Slice; headers: Record<string, string> }> {
    const source = await this.sources.of(request, request.bucket, await this.lookUp.visible(request, 's3:GetObject'));
    const { object } = source;
    this.features.requireReadable((name) => request.headers.get(name));
    requireWanted(request.headers, object);
    const slice = await this.slice(request, object);
    const length = slice.range === undefined ? object.sizeBytes : slice.range.last - slice.range.first + 1;
    const checksum = request.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' && slice.status === 200 ? checksumHeaders(checksumOf(object)) : {};
    const headers = { ...objectHeaders(request.bucket, object), ...this.features.headers(object, request.bucket), ...checksum, ...slice.headers, ...overrides(request), 'content-length': String(length) };
    return { source, slice, headers };
  }

  private async slice({ query, headers }: ObjectRequest, object: StoredObject): Promise<Slice> {
    const { sizeBytes } = object;
    if (query.has('partNumber')) return this.partSlice(query.get('partNumber') ?? '', headers.has('range'), object);
    const range = rangeOf(headers.get('range'), sizeBytes);
    if (range === undefined) return { status: 200, range, headers: {} };
    return { status: 206, range, headers: { 'content-range': `bytes ${range.first}-${range.last}/${sizeBytes}` } };
  }

  private async partSlice(text: string, hasRange: boolean, object: StoredObject): Promise<Slice> {
    if (hasRange) throw new S3Error('InvalidRequest', { message: 'Cannot specify both Range header and partNumber query parameter' });
    const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > 10_000) throw invalidArgument('partNumber', text, 'Part number must be an integer between 1 and 10000, inclusive');
    const parts = await this.objects.parts(object);
    // An object that was put at once counts as its own and only part.
    if (parts.length === 0 && number === 1) return { status: 206, ...span(0, object.sizeBytes, object.sizeBytes) };
    const index = parts.findIndex((part) => part.number === number);
    const part = parts[index];
    if (part === undefined) throw new S3Error('InvalidPart', { message: 'The requested partnumber is not satisfiable' });
    const slice = span(parts.slice(0, index).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), part.sizeBytes, object.sizeBytes);
    return { status: 206, range: slice.range, headers: { ...slice.headers, 'x-amz-mp-parts-count': String(parts.length) } };
  }

  private async attributes(request: ObjectRequest): Promise<FrontReply> {
    const wanted = wantedAttributes(request);
    const object = await this.lookUp.visible(request, 's3:GetObjectAttributes');
    const checksum = checksumXml(checksumOf(object));
    const parts = wanted.has('ObjectParts') ? await this.objects.parts(object) : [];
    const all: Record<string, Xml | undefined> = {
      ETag: xml('ETag', object.etag), Checksum: checksum.length > 0 ? xml('Checksum', checksum) : undefined,
      ObjectParts: parts.length > 0 ? partsXml(request, parts) : undefined, StorageClass: xml('StorageClass', 'STANDARD'), ObjectSize: xml('ObjectSize', object.sizeBytes),
    };
    return xmlReply('GetObjectAttributesResponse', ATTRIBUTES.map((name) => (wanted.has(name) ? all[name] : undefined)), { 'last-modified': httpTime(object.modifiedAt), ...versionHeader(request.bucket, object) });
  }
}

function wantedAttributes({ headers }: ObjectRequest): Set<string> {
  const names = (headers.get('x-amz-object-attributes') ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => !ATTRIBUTES.includes(name))) throw invalidArgument('x-amz-object-attributes', names.join(','), 'Invalid attribute name specified.');
  return new Set(names);
}

function span(first: number, length: number, sizeBytes: number): { range: ByteRange | undefined; headers: Record<string, string> } {
  if (length === sizeBytes) return { range: undefined, headers: sizeBytes === 0 ? {} : { 'content-range': `bytes 0-${sizeBytes - 1}/${sizeBytes}` } };
  return { range: { first, last: first + length - 1 }, headers: { 'content-range': `bytes ${first}-${first + length - 1}/${sizeBytes}` } };
}

function overrides({ query, caller }: ObjectRequest): Record<string, string> {
  const chosen = Object.entries(OVERRIDES).filter(([parameter]) => query.has(parameter));
  if (chosen.length > 0 && caller === undefined) throw new S3Error('InvalidRequest', { message: 'Request specific response headers cannot be used for anonymous GET requests.' });
  return Object.fromEntries(chosen.map(([parameter, header]) => {
    const value = query.get(parameter) ?? '';
    // Node refuses to send any other character, and must not be asked to.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw invalidArgument(parameter, value, 'Header value contains a character that is not allowed.');
    return [header, value];
  }));
}

function partsXml({ headers }: ObjectRequest, parts: readonly PartBytes[]): Xml {
  const paging = new URLSearchParams({ ...(headers.has('x-amz-max-parts') && { 'max-parts': headers.get('x-amz-max-parts') ?? '' }), ...(headers.has('x-amz-part-number-marker') && { 'part-number-marker': headers.get('x-amz-part-number-marker') ?? '' }) });
  const limit = Math.min(countParameter(paging, 'max-parts', 1000), 1000);
  const marker = countParameter(paging, 'part-number-marker', 0);
  const after = parts.filter(({ number }) => number > marker);
  const page = after.slice(0, limit);
  return xml('ObjectParts', [
    xml('TotalPartsCount', parts.length), xml('PartNumberMarker', marker), optional('NextPartNumberMarker', page.at(-1)?.number), xml('MaxParts', limit),
    xml('IsTruncated', after.length > page.length),
    ...page.map((part) => xml('Part', [xml('PartNumber', part.number), xml('Size', part.sizeBytes)])),
  ]);
}
