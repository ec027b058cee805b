import type { Container } from '../../containers/index.js';
import type { StoredObject } from '../../objects/index.js';
import { versionIdOf } from '../request/version-id.js';
import { metadataHeaders } from './object-metadata.js';
import { httpTime } from './times.js';

/** `x-amz-version-id` where the bucket keeps, or kept, versions. */
export function versionHeader(bucket: Container, object: StoredObject): Record<string, string> {
  return bucket.settings.versioning === undefined ? {} : { 'x-amz-version-id': versionIdOf(object) };
}

/** The same in the answer to what makes a version; the null version that takes another's place is none. */
export function newVersionHeader(bucket: Container, object: StoredObject): Record<string, string> {
  return bucket.settings.versioning === 'enabled' ? { 'x-amz-version-id': versionIdOf(object) } : {};
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
