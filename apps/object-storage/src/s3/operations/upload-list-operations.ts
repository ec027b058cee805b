import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { isSubdir, type Subdir } from '../../listing/index.js';
import { Uploads, isUpload, type Upload, type UploadQuery } from '../../uploads/index.js';
import { LONGEST_PAGE } from '../../s3-limits/index.js';
import { Access } from '../access.js';
import { ownerXml } from '../acl/acl-document.js';
import { bucketOwner } from '../acl/acl.js';
import { countParameter, nameEncoding, textParameter, type NameEncoding } from '../request/parameters.js';
import type { BucketRequest, ObjectRequest } from '../request/s3-request.js';
import { optional, xml, type Xml } from '../xml/xml-writer.js';
import type { OperationGroup, S3Operation } from './operation.js';
import { xmlReply } from './replies.js';
import { xmlTime } from './times.js';
import { AskedUploads, uploadIdOf, uploadIdText } from './upload-request.js';

/** Showing unfinished uploads and their parts. */
@Injectable()
export class UploadListOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'ListMultipartUploads', on: 'bucket', method: 'GET', query: ['uploads'], run: (request) => this.list(request) },
    { name: 'ListParts', on: 'object', method: 'GET', query: ['uploadId'], run: (request) => this.parts(request) },
  ];

  constructor(private readonly uploads: Uploads, private readonly asked: AskedUploads, private readonly access: Access) {}

  private async list(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:ListBucketMultipartUploads', { bucket: request.bucket });
    const { bucket, query } = request;
    const names = nameEncoding(query);
    const limit = Math.min(countParameter(query, 'max-uploads', LONGEST_PAGE), LONGEST_PAGE);
    const found = limit === 0 ? [] : await this.uploads.page(bucket, { ...uploadQuery(query), limit: limit + 1 });
    const page = found.slice(0, limit);
    return xmlReply('ListMultipartUploadsResult', [
      xml('Bucket', bucket.name), names.xml('KeyMarker', query.get('key-marker')), xml('UploadIdMarker', query.get('upload-id-marker') ?? ''),
      ...nextMarkers(page.length > 1 || found.length > limit ? page.at(-1) : undefined, names),
      names.optional('Delimiter', textParameter(query, 'delimiter')), names.xml('Prefix', query.get('prefix')), xml('MaxUploads', limit), optional('EncodingType', names.type),
      xml('IsTruncated', found.length > limit),
      ...page.filter(isUpload).map((upload) => xml('Upload', [names.xml('Key', upload.name), xml('UploadId', uploadIdText(upload.id)), ...people(request, upload), xml('StorageClass', 'STANDARD'), xml('Initiated', xmlTime(upload.initiatedAt))])),
      ...page.filter(isSubdir).map(({ subdir }) => xml('CommonPrefixes', [names.xml('Prefix', subdir)])),
    ]);
  }

  private async parts(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key, query } = request;
    await this.access.require(request, 's3:ListMultipartUploadParts', { bucket, key });
    const upload = await this.asked.get(request);
    const names = nameEncoding(query);
    const limit = Math.min(countParameter(query, 'max-parts', LONGEST_PAGE), LONGEST_PAGE);
    const after = countParameter(query, 'part-number-marker', 0);
    const found = limit === 0 ? [] : await this.uploads.parts(upload, { after, limit: limit + 1 });
    const page = found.slice(0, limit);
    const algorithm = upload.settings.checksum?.algorithm;
    return xmlReply('ListPartsResult', [
      xml('Bucket', bucket.name), names.xml('Key', key), xml('UploadId', uploadIdText(upload.id)), ...people(request, upload), xml('StorageClass', 'STANDARD'),
      optional('EncodingType', names.type), optional('ChecksumAlgorithm', algorithm), optional('ChecksumType', upload.settings.checksum?.type),
      xml('PartNumberMarker', after), optional('NextPartNumberMarker', page.at(-1)?.number), xml('MaxParts', limit), xml('IsTruncated', found.length > limit),
      ...page.map((part) => xml('Part', [
        xml('PartNumber', part.number), xml('LastModified', xmlTime(part.modifiedAt)), xml('ETag', `"${part.etag}"`), xml('Size', part.sizeBytes),
        algorithm === undefined ? undefined : optional(`Checksum${algorithm}`, part.checksum),
      ])),
    ]);
  }
}

function uploadQuery(query: URLSearchParams): Omit<UploadQuery, 'limit'> {
  const [prefix, delimiter, keyMarker] = [textParameter(query, 'prefix'), textParameter(query, 'delimiter'), textParameter(query, 'key-marker')];
  const idMarker = keyMarker === undefined ? undefined : uploadIdOf(query.get('upload-id-marker') ?? '');
  return { ...(prefix !== undefined && { prefix }), ...(delimiter !== undefined && { delimiter }), ...(keyMarker !== undefined && { keyMarker }), ...(idMarker !== undefined && { idMarker }) };
}

function people({ bucket }: BucketRequest, { settings }: Upload): Xml[] {
  const owner = settings.object.owner ?? bucketOwner(bucket);
  return [ownerXml('Initiator', settings.initiator ?? owner), ownerXml('Owner', owner)];
}

function nextMarkers(last: Upload | Subdir | undefined, names: NameEncoding): Xml[] {
  if (last === undefined) return [xml('NextKeyMarker'), xml('NextUploadIdMarker')];
  if (isSubdir(last)) return [names.xml('NextKeyMarker', last.subdir), xml('NextUploadIdMarker')];
  return [names.xml('NextKeyMarker', last.name), xml('NextUploadIdMarker', uploadIdText(last.id))];
}
