import { Injectable } from '@nestjs/common';
import { mapLimit } from '@virga/kernel';
import type { FrontReply } from '../../front/index.js';
import { Objects, type RemoveAnswer } from '../../objects/index.js';
import { MOST_DELETES } from '../../s3-limits/index.js';
import { Access } from '../access.js';
import { bypassesGovernance } from '../object-lock/object-lock-operations.js';
import { ObjectFeatures } from '../object-features/object-features.js';
import { translated } from '../fault.js';
import { LONGEST_KEY_BYTES, requireKey } from '../request/address.js';
import type { BucketRequest, ObjectRequest } from '../request/s3-request.js';
import { versionIdOf, versionOf } from '../request/version-id.js';
import { S3Error } from '../s3-error.js';
import { readXml, type XmlNode } from '../xml/xml-reader.js';
import { optional, xml, type Xml } from '../xml/xml-writer.js';
import { writeCondition } from './conditions.js';
import { NewObjects } from './new-object.js';
import { newVersionHeader } from './object-replies.js';
import type { OperationGroup, S3Operation } from './operation.js';
import { emptyReply, xmlReply } from './replies.js';
import { checksumHeaders } from './stored-checksum.js';
import { WriteLimits } from './write-limits.js';

/** The most bytes of one PUT, of an object or of a part, as in S3. */
export const LARGEST_PUT = 5 * 1024 ** 3;

/** A document that names as many keys as may be, all of the longest. */
const LARGEST_DELETE = MOST_DELETES * (LONGEST_KEY_BYTES * 6 + 256);

interface Deletion {
  key: string;
  versionId: string | undefined;
}

/** Putting and removing objects. */
@Injectable()
export class WriteOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'PutObject', on: 'object', method: 'PUT', run: (request) => this.put(request) },
    { name: 'DeleteObject', on: 'object', method: 'DELETE', run: (request) => this.remove(request) },
    { name: 'DeleteObjects', on: 'bucket', method: 'POST', query: ['delete'], run: (request) => this.removeAll(request) },
  ];

  constructor(private readonly objects: Objects, private readonly access: Access, private readonly newObjects: NewObjects, private readonly features: ObjectFeatures, private readonly limits: WriteLimits) {}

  private async put(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key, body, signal } = request;
    await this.access.require(request, 's3:PutObject', { bucket, key });
    if (body.length === undefined) throw new S3Error('MissingContentLength');
    if (body.length > LARGEST_PUT) throw new S3Error('EntityTooLarge', { fields: { ProposedSize: String(body.length), MaxSizeAllowed: String(LARGEST_PUT) } });
    await this.limits.requirePut(request, body.length);
    const made = await this.newObjects.read(request);
    const require = writeCondition(request.headers);
    const { object, checksum } = await this.objects.withStaged(bucket, body.stream(), { maxBytes: LARGEST_PUT, contentLength: body.length, signal }, async (staged) => {
      const computed = body.checksum && { ...body.checksum, type: 'FULL_OBJECT' as const };
      const put = await this.objects.commit(bucket, { name: key, staged, ...made, settings: { ...made.settings, ...(computed && { checksum: computed }) }, require });
      return { ...put, checksum: computed };
    });
    return emptyReply(200, { etag: `"${object.etag}"`, ...newVersionHeader(object), ...checksumHeaders(checksum), ...this.features.putHeaders(object, bucket) });
  }

  private async remove(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key, query } = request;
    const versionId = query.get('versionId') ?? undefined;
    await this.access.require(request, versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', { bucket, key });
    const answer = await this.removeOne(request, { key, versionId });
    return emptyReply(204, removalHeaders(answer, versionId));
  }

  private async removeOne(request: BucketRequest, { key, versionId }: Deletion): Promise<RemoveAnswer> {
    const { bucket } = request;
    const version = versionOf(versionId);
    await this.limits.requireTurn(request);
    if (version === undefined) return this.objects.remove(bucket, key);
    const bypasses = bucket.settings.objectLock !== undefined && await bypassesGovernance(this.access, request, key);
    return this.objects.remove(bucket, key, { version, bypassesGovernance: bypasses });
  }

  private async removeAll(request: BucketRequest): Promise<FrontReply> {
    request.isJudged = true;
    if (!request.body.hasDigest) throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: Content-MD5' });
    const root = readXml(await request.body.bytes(LARGEST_DELETE).catch(tooManyKeys), 'Delete');
    const isQuiet = root.textOf('Quiet')?.trim().toLowerCase() === 'true';
    const deletions = root.all('Object').map(deletionOf);
    if (deletions.length === 0 || deletions.length > MOST_DELETES) throw new S3Error('MalformedXML');
    const results = await mapLimit(deletions, 8, (deletion) => this.removeListed(request, deletion, isQuiet));
    return xmlReply('DeleteResult', results);
  }

  /** One key of many: its refusal is its own. */
  private async removeListed(request: BucketRequest, deletion: Deletion, isQuiet: boolean): Promise<Xml | undefined> {
    const { key, versionId } = deletion;
    try {
      requireKey(key);
      await this.access.require(request, versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', { bucket: request.bucket, key });
      const answer = await this.removeOne(request, deletion);
      return isQuiet ? undefined : deletedXml(answer, deletion);
    } catch (error) {
      const { code, message, status } = translated(error);
      if (status >= 500) request.front.noteFailure(error);
      return xml('Error', [xml('Key', key), optional('VersionId', versionId), xml('Code', code), xml('Message', message)]);
    }
  }
}

/** A document that long names too many keys, or such that are too long. */
function tooManyKeys(error: unknown): never {
  throw error instanceof S3Error && error.code === 'MaxMessageLengthExceeded' ? new S3Error('MalformedXML') : error;
}

function removalHeaders({ removed, deleteMarker }: RemoveAnswer, versionId: string | undefined): Record<string, string | undefined> {
  if (deleteMarker !== undefined) return { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionIdOf(deleteMarker) };
  if (versionId === undefined) return {};
  return { 'x-amz-version-id': versionId, ...(removed?.isDeleteMarker === true && { 'x-amz-delete-marker': 'true' }) };
}

function deletedXml({ removed, deleteMarker }: RemoveAnswer, { key, versionId }: Deletion): Xml {
  const marker = deleteMarker ?? (versionId !== undefined && removed?.isDeleteMarker === true ? removed : undefined);
  return xml('Deleted', [
    xml('Key', key), optional('VersionId', versionId),
    ...(marker === undefined ? [] : [xml('DeleteMarker', true), xml('DeleteMarkerVersionId', versionIdOf(marker))]),
  ]);
}

function deletionOf(node: XmlNode): Deletion {
  const versionId = node.textOf('VersionId');
  const key = node.textOf('Key') ?? '';
  if (key === '') throw new S3Error('UserKeyMustBeSpecified');
  return { key, versionId: versionId === '' ? undefined : versionId };
}
