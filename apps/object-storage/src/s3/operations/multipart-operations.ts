import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { Objects } from '../../objects/index.js';
import { Uploads, type Upload } from '../../uploads/index.js';
import { Access } from '../access.js';
import { encryptionHeaders } from '../encryption/encryption.js';
import { canonicalUser } from '../acl/acl.js';
import { checksumAlgorithm, checksumHeader } from '../request/checksums.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { versionIdOf } from '../request/version-id.js';
import { S3Error, invalidArgument } from '../s3-error.js';
import { xml } from '../xml/xml-writer.js';
import { CopySources } from './copy-source.js';
import { NewObjects } from './new-object.js';
import type { OperationGroup, S3Operation } from './operation.js';
import { copyRangeOf } from './ranges.js';
import { emptyReply, xmlReply } from './replies.js';
import { xmlTime } from './times.js';
import { AskedUploads, partNumberOf, uploadIdText, whileThere } from './upload-request.js';
import { WriteLimits } from './write-limits.js';
import { LARGEST_PUT } from './write-operations.js';

/** Swift's s3api says so of answers without a body, and its tests look for it. */
const NO_CONTENT_TYPE = 'text/html; charset=UTF-8';

/** Uploads in parts: beginning them, putting and copying parts, giving up. `CompletionOperations` ends them. */
@Injectable()
export class MultipartOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'CreateMultipartUpload', on: 'object', method: 'POST', query: ['uploads'], run: (request) => this.create(request) },
    { name: 'UploadPart', on: 'object', method: 'PUT', query: ['uploadId', 'partNumber'], run: (request) => this.putPart(request) },
    { name: 'UploadPartCopy', on: 'object', method: 'PUT', query: ['uploadId', 'partNumber'], header: 'x-amz-copy-source', run: (request) => this.copyPart(request) },
    { name: 'AbortMultipartUpload', on: 'object', method: 'DELETE', query: ['uploadId'], run: (request) => this.abort(request) },
  ];

  constructor(
    private readonly objects: Objects,
    private readonly uploads: Uploads,
    private readonly asked: AskedUploads,
    private readonly access: Access,
    private readonly sources: CopySources,
    private readonly newObjects: NewObjects,
    private readonly limits: WriteLimits,
  ) {}

  private async create(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key, caller } = request;
    await this.access.require(request, 's3:PutObject', { bucket, key });
    const { settings, ...made } = await this.newObjects.read(request);
    const checksum = announced(request);
    const upload = await this.uploads.create(bucket, {
      name: key, ...made, settings: { object: settings, ...(caller && { initiator: canonicalUser(caller) }), ...(checksum && { checksum }) },
    });
    return xmlReply('InitiateMultipartUploadResult', [xml('Bucket', bucket.name), xml('Key', key), xml('UploadId', uploadIdText(upload.id))], {
      'x-amz-checksum-algorithm': checksum?.algorithm, 'x-amz-checksum-type': checksum?.type, ...encryptionHeaders(settings.encryption),
    });
  }

  private async putPart(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key, body, signal } = request;
    await this.access.require(request, 's3:PutObject', { bucket, key });
    const number = partNumberOf(request);
    if (body.length === undefined) throw new S3Error('MissingContentLength');
    const upload = await this.asked.get(request);
    const algorithm = upload.settings.checksum?.algorithm;
    requireSameAlgorithm(upload, body.announced);
    await this.limits.requirePut(request, body.length);
    const options = { maxBytes: LARGEST_PUT, contentLength: body.length, signal };
    const part = await this.objects.withStaged(bucket, body.stream(algorithm), options, (staged) => (
      whileThere(request, this.uploads.putPart(upload, number, staged, body.checksum?.value))));
    const { checksum } = body;
    return emptyReply(200, { 'content-type': NO_CONTENT_TYPE, etag: `"${part.etag}"`, ...(checksum && { [checksumHeader(checksum.algorithm)]: checksum.value }) });
  }

  /** The bytes are copied: a part may be a piece of its source, and its MD5 must be known. */
  private async copyPart(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key, headers, signal } = request;
    await this.access.require(request, 's3:PutObject', { bucket, key });
    const number = partNumberOf(request);
    const upload = await this.asked.get(request);
    const source = await this.sources.find(request);
    const range = copyRangeOf(headers.get('x-amz-copy-source-range'), source.object.sizeBytes);
    await this.limits.requirePut(request, range === undefined ? source.object.sizeBytes : range.last - range.first + 1);
    const part = await this.objects.withStaged(bucket, await source.open(range), { maxBytes: LARGEST_PUT, signal }, (staged) => (
      whileThere(request, this.uploads.putPart(upload, number, staged, undefined))));
    return xmlReply('CopyPartResult', [xml('LastModified', xmlTime(part.modifiedAt)), xml('ETag', `"${part.etag}"`)], {
      'x-amz-copy-source-version-id': source.bucket.settings.versioning === undefined ? undefined : versionIdOf(source.object),
    });
  }

  private async abort(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key } = request;
    await this.access.require(request, 's3:AbortMultipartUpload', { bucket, key });
    await whileThere(request, this.uploads.abort(await this.asked.get(request)));
    return emptyReply(204, { 'content-type': NO_CONTENT_TYPE });
  }
}

function requireSameAlgorithm({ settings: { checksum } }: Upload, announced: string | undefined): void {
  if (checksum === undefined || announced === undefined || announced === checksum.algorithm) return;
  throw new S3Error('InvalidRequest', { message: `Checksum Type mismatch occurred, expected checksum Type: ${checksum.algorithm.toLowerCase()}, actual checksum Type: ${announced.toLowerCase()}` });
}

function announced({ headers }: ObjectRequest): { algorithm: ReturnType<typeof checksumAlgorithm>; type: 'FULL_OBJECT' | 'COMPOSITE' } | undefined {
  const name = headers.get('x-amz-checksum-algorithm');
  if (name === undefined) return undefined;
  const algorithm = checksumAlgorithm(name);
  const type = headers.get('x-amz-checksum-type') ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type !== 'FULL_OBJECT' && type !== 'COMPOSITE') throw invalidArgument('x-amz-checksum-type', type);
  const isImpossible = type === 'FULL_OBJECT' ? algorithm.startsWith('SHA') : algorithm === 'CRC64NVME';
  if (isImpossible) throw new S3Error('InvalidRequest', { message: `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.` });
  return { algorithm, type };
}
