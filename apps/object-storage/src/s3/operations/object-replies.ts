import type { Container } from '../../containers/index.js';
import type { StoredObject } from '../../objects/index.js';
import { versionIdOf } from '../request/version-id.js';
import { metadataHeaders } from './object-metadata.js';
import { httpTime } from './times.js';

/** `x-amz-version-id` where the bucket keeps, or kept, versions. */
export function versionHeader(bucket: Container, object: StoredObject): Record<string, string> {
  return bucket.settings.versioning === undefined ? {} : { 'x-amz-version-id': versionIdOf(object) };
}

/** The same for what was just put: S3 says nothing of the version `null` then. */
export function newVersionHeader(object: StoredObject): Record<string, string> {
  return object.isNullVersion ? {} : { 'x-amz-version-id': versionIdOf(object) };
}

/** What GET and HEAD tell of an object. */
export function objectHeaders(bucket: Container, object: StoredObject): Record<string, string> {
  return {
    ...metadataHeaders(object.metadata),
    'content-type': object.contentType,
    'last-modified': httpTime(object.modifiedAt),
    etag: `"${object.etag}"`,
    'accept-ranges': 'bytes',
    ...versionHeader(bucket, object),
  };
}
