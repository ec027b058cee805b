import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { Objects, type CopiedPut, type ObjectSettings, type PutAnswer, type StoredObject } from '../../objects/index.js';
import { Access } from '../access.js';
import { ObjectFeatures } from '../object-features/object-features.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { versionIdOf } from '../request/version-id.js';
import { S3Error, invalidArgument } from '../s3-error.js';
import { xml } from '../xml/xml-writer.js';
import { writeCondition } from './conditions.js';
import { CopySources, type CopySource } from './copy-source.js';
import { NewObjects } from './new-object.js';
import { newVersionHeader } from './object-replies.js';
import type { OperationGroup, S3Operation } from './operation.js';
import { xmlReply } from './replies.js';
import { checksumOf, checksumXml } from './stored-checksum.js';
import { xmlTime } from './times.js';
import { WriteLimits } from './write-limits.js';
import { LARGEST_PUT } from './write-operations.js';

/** Copying objects within the cloud: the copy shares the source's bytes, except where they stand in several objects and are joined for it. */
@Injectable()
export class CopyOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'CopyObject', on: 'object', method: 'PUT', header: 'x-amz-copy-source', run: (request) => this.copy(request) },
  ];

  constructor(private readonly objects: Objects, private readonly access: Access, private readonly sources: CopySources, private readonly newObjects: NewObjects, private readonly features: ObjectFeatures, private readonly limits: WriteLimits) {}

  private async copy(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key, headers } = request;
    await this.access.require(request, 's3:PutObject', { bucket, key });
    const isReplacing = directive(request, 'x-amz-metadata-directive') === 'REPLACE';
    const source = await this.sources.find(request);
    if (!isReplacing && isItself(request, source)) {
      throw new S3Error('InvalidRequest', { message: 'This copy request is illegal because it is trying to copy an object to itself without changing the object\'s metadata, storage class, website redirect location or encryption attributes.' });
    }
    await this.limits.requirePut(request, source.object.sizeBytes);
    const made = await this.newObjects.ofCopy(request, source.object, isReplacing);
    const { object } = await this.write(request, source, { name: key, ...made, require: writeCondition(headers) });
    return xmlReply('CopyObjectResult', [xml('LastModified', xmlTime(object.modifiedAt)), xml('ETag', `"${object.etag}"`), ...checksumXml(checksumOf(object))], {
      ...newVersionHeader(object), ...this.features.putHeaders(object, bucket), 'x-amz-copy-source-version-id': source.bucket.settings.versioning === undefined ? undefined : versionIdOf(source.object),
    });
  }

  private async write({ bucket, signal }: ObjectRequest, { object, bytesOf, open }: CopySource, put: CopiedPut): Promise<PutAnswer> {
    if (bytesOf !== undefined) return this.objects.copy(bytesOf, bucket, { ...put, etag: bytesOf.etag, settings: { ...ofTheBytes(bytesOf), ...put.settings } });
    if (object.sizeBytes > LARGEST_PUT) throw new S3Error('InvalidRequest', { message: `The specified copy source is larger than the maximum allowable size for a copy source: ${LARGEST_PUT}` });
    return this.objects.withStaged(bucket, await open(undefined), { maxBytes: LARGEST_PUT, signal }, (staged) => this.objects.commit(bucket, { ...put, staged }));
  }
}

/** What is true of the bytes whoever has them. */
function ofTheBytes({ settings: { checksum, partCount } }: StoredObject): ObjectSettings {
  return { ...(checksum && { checksum }), ...(partCount !== undefined && { partCount }) };
}

function isItself({ bucket, key }: ObjectRequest, source: CopySource): boolean {
  return source.bucket.id === bucket.id && source.object.name === key && source.object.isCurrent;
}

function directive({ headers }: ObjectRequest, name: string): 'COPY' | 'REPLACE' {
  const given = headers.get(name) ?? 'COPY';
  if (given !== 'COPY' && given !== 'REPLACE') throw invalidArgument(name, given, 'Unknown metadata directive.');
  return given;
}
