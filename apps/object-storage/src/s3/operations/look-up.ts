import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { Access } from '../access.js';
import type { ObjectRequest, S3Request } from '../request/s3-request.js';
import { versionIdOf, versionOf } from '../request/version-id.js';
import { S3Error } from '../s3-error.js';
import { httpTime } from './times.js';

/** Finds the object that a request is about, and says in S3's way why there is none. */
@Injectable()
export class LookUp {
  constructor(private readonly objects: Objects, private readonly access: Access) {}

  /** The current object, or the version asked for, of which the caller may do `action`. Throws `NoSuchKey`, `NoSuchVersion`, `MethodNotAllowed` for delete markers, `AccessDenied`. */
  async visible(request: ObjectRequest, action: string): Promise<StoredObject> {
    return this.inBucket(request, { bucket: request.bucket, key: request.key, versionId: request.query.get('versionId') ?? undefined }, action);
  }

  /** The same for an object that another part of the request names, such as the source of a copy. */
  async inBucket(request: S3Request, { bucket, key, versionId }: { bucket: Container; key: string; versionId: string | undefined }, action: string): Promise<StoredObject> {
    const version = versionOf(versionId);
    const object = await this.objects.find(bucket, key, version);
    const named = version === undefined ? action : action.replace(/^s3:(Get|Put|Delete)Object(?!Version|Retention|LegalHold)/, 's3:$1ObjectVersion');
    if (object === undefined || object.isDeleteMarker) {
      // Who may not list the bucket does not learn what is not in it.
      if (!await this.access.allows(request, 's3:ListBucket', { bucket, key })) {
        await this.access.require(request, named, { bucket, key });
        throw new S3Error('AccessDenied');
      }
      throw missing(object, key, versionId);
    }
    await this.access.require(request, named, { bucket, key, object });
    return object;
  }
}

function missing(marker: StoredObject | undefined, key: string, versionId: string | undefined): S3Error {
  const markerHeaders = marker === undefined ? {} : { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionIdOf(marker) };
  if (versionId === undefined) return new S3Error('NoSuchKey', { fields: { Key: key }, headers: markerHeaders });
  if (marker === undefined) return new S3Error('NoSuchVersion', { fields: { Key: key, VersionId: versionId } });
  return new S3Error('MethodNotAllowed', { headers: { ...markerHeaders, allow: 'DELETE', 'last-modified': httpTime(marker.modifiedAt) } });
}
