import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { isSubdir, type ListQuery, type Subdir } from '../../listing/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { LONGEST_PAGE } from '../../s3-limits/index.js';
import { Access } from '../access.js';
import { countParameter, nameEncoding, textParameter, type NameEncoding } from '../request/parameters.js';
import type { BucketRequest } from '../request/s3-request.js';
import { invalidArgument } from '../s3-error.js';
import { optional, xml, type Xml } from '../xml/xml-writer.js';
import type { OperationGroup, S3Operation } from './operation.js';
import { ownerXml } from '../acl/acl-document.js';
import { objectOwner } from '../acl/acl.js';
import { xmlReply } from './replies.js';
import { xmlTime } from './times.js';

interface Page {
  entries: (StoredObject | Subdir)[];
  isTruncated: boolean;
  /** The last name of the page. */
  last: string | undefined;
}

/** The two versions of listing a bucket's objects. */
@Injectable()
export class ListOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'ListObjects', on: 'bucket', method: 'GET', run: (request) => this.list(request) },
    { name: 'ListObjectsV2', on: 'bucket', method: 'GET', query: ['list-type'], run: (request) => this.listV2(request) },
  ];

  constructor(private readonly objects: Objects, private readonly access: Access) {}

  private async list(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:ListBucket', { bucket: request.bucket });
    const { query, bucket } = request;
    const names = nameEncoding(query);
    const marker = textParameter(query, 'marker');
    const page = await this.page(request, marker);
    const delimiter = textParameter(query, 'delimiter');
    return xmlReply('ListBucketResult', [
      xml('Name', bucket.name), names.prefix(query.get('prefix')), names.xml('Marker', marker),
      page.isTruncated && delimiter !== undefined ? names.optional('NextMarker', page.last) : undefined,
      xml('MaxKeys', maxKeys(request)), names.optional('Delimiter', delimiter), optional('EncodingType', names.type), xml('IsTruncated', page.isTruncated),
      ...entriesXml(request, page.entries, names, true),
    ]);
  }

  private async listV2(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:ListBucket', { bucket: request.bucket });
    const { query, bucket } = request;
    if (query.get('list-type') !== '2') throw invalidArgument('list-type', query.get('list-type') ?? '', 'Invalid List Type specified in Request');
    const names = nameEncoding(query);
    const [token, startAfter, delimiter] = [query.get('continuation-token'), query.get('start-after'), textParameter(query, 'delimiter')];
    const page = await this.page(request, token ? markerOf(token) : startAfter ?? undefined);
    return xmlReply('ListBucketResult', [
      xml('Name', bucket.name), names.xml('Prefix', query.get('prefix')), names.optional('StartAfter', startAfter), optional('ContinuationToken', token ?? undefined),
      page.isTruncated ? xml('NextContinuationToken', tokenOf(page.last ?? '')) : undefined,
      xml('KeyCount', page.entries.length), xml('MaxKeys', maxKeys(request)), names.optional('Delimiter', delimiter), optional('EncodingType', names.type),
      xml('IsTruncated', page.isTruncated),
      ...entriesXml(request, page.entries, names, query.get('fetch-owner') === 'true'),
    ]);
  }

  private async page({ bucket, query, ...request }: BucketRequest, marker: string | undefined): Promise<Page> {
    const limit = maxKeys({ query });
    // Ceph's extension for lists that need no order; ours have it at no cost.
    if (query.get('allow-unordered') === 'true' && query.has('delimiter')) throw invalidArgument('allow-unordered', 'true', 'An unordered list cannot have a delimiter.');
    if (limit === 0) return { entries: [], isTruncated: false, last: undefined };
    const [prefix, delimiter] = [textParameter(query, 'prefix'), textParameter(query, 'delimiter')];
    const asked: ListQuery = {
      limit: limit + 1, ...(prefix !== undefined && { prefix }), ...(delimiter !== undefined && { delimiter }), ...(marker !== undefined && marker !== '' && { marker }),
    };
    request.signal.throwIfAborted();
    const found = await this.objects.page(bucket, asked);
    const entries = found.slice(0, limit);
    const last = entries.at(-1);
    return { entries, isTruncated: found.length > limit, last: last && (isSubdir(last) ? last.subdir : last.name) };
  }
}

function maxKeys({ query }: Pick<BucketRequest, 'query'>): number {
  return Math.min(countParameter(query, 'max-keys', LONGEST_PAGE), LONGEST_PAGE);
}

/** A continuation token is the last name, wrapped so that nobody builds on it. */
function tokenOf(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function markerOf(token: string): string {
  const name = Buffer.from(token, 'base64url');
  if (name.toString('base64url') !== token || name.includes(0) || !name.equals(Buffer.from(name.toString()))) {
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
  }
  return name.toString();
}

function entriesXml({ bucket }: BucketRequest, entries: readonly (StoredObject | Subdir)[], names: NameEncoding, hasOwner: boolean): Xml[] {
  const objects = entries.filter((entry): entry is StoredObject => !isSubdir(entry));
  const subdirs = entries.filter(isSubdir);
  return [
    ...objects.map((object) => xml('Contents', [
      names.xml('Key', object.name), xml('LastModified', xmlTime(object.modifiedAt)), xml('ETag', `"${object.settings.slo?.etag ?? object.etag}"`), xml('Size', object.settings.slo?.sizeBytes ?? object.sizeBytes),
      hasOwner ? ownerXml('Owner', objectOwner(object, bucket)) : undefined,
      xml('StorageClass', 'STANDARD'),
    ])),
    ...subdirs.map(({ subdir }) => xml('CommonPrefixes', [names.xml('Prefix', subdir)])),
  ];
}
