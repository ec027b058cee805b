import type { Metadata } from '../../metadata/index.js';
import type { ObjectSettings } from '../../objects/index.js';
import { bucketOwner, canonicalUser, isSameUser } from '../acl/acl.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { contentTypeOf, metadataOf } from './object-metadata.js';

/** What a request says of the object that it makes, apart from its bytes. */
export interface NewObject {
  contentType: string;
  metadata: Metadata;
  settings: ObjectSettings;
}

/** Reads the headers of PutObject, CopyObject (where it replaces) and CreateMultipartUpload. Throws S3's words for those that cannot be met. */
export function newObject(request: ObjectRequest): NewObject {
  requirePossible(request);
  return { contentType: contentTypeOf(request.headers), metadata: metadataOf(request.headers), settings: ownSettings(request) };
}

/** What belongs to the object whoever's metadata it takes over. */
export function ownSettings({ caller, bucket }: ObjectRequest): ObjectSettings {
  const owner = caller && canonicalUser(caller);
  return owner === undefined || isSameUser(owner, bucketOwner(bucket)) ? {} : { owner };
}

/** Refuses what would otherwise be ignored in silence. */
export function requirePossible({ headers }: ObjectRequest): void {
  const storageClass = headers.get('x-amz-storage-class');
  if (storageClass !== undefined && storageClass !== 'STANDARD') throw new S3Error('InvalidStorageClass', { fields: { StorageClassRequested: storageClass } });
  if (headers.has('x-amz-server-side-encryption-customer-algorithm') || headers.has('x-amz-server-side-encryption-customer-key')) throw new S3Error('NotImplemented', { message: 'Encryption with keys of the customer is not implemented; every object is encrypted with a key of its own.' });
  const encryption = headers.get('x-amz-server-side-encryption');
  if (encryption !== undefined && encryption !== 'AES256') throw new S3Error('NotImplemented', { message: 'Only x-amz-server-side-encryption: AES256 is implemented.' });
}
