import type { Precondition, StoredObject } from '../../objects/index.js';
import type { Headers } from '../request/s3-request.js';
import { S3Error, type S3Code } from '../s3-error.js';
import { httpTime, wholeSeconds } from './times.js';

interface Conditions {
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  ifModifiedSince: number | undefined;
  ifUnmodifiedSince: number | undefined;
}

/** The conditions in headers that begin with `prefix` (none, or `x-amz-copy-source-`); dates that are none do not count. */
function conditionsOf(headers: Headers, prefix: string): Conditions {
  const time = (name: string): number | undefined => {
    const at = Date.parse(headers.get(`${prefix}${name}`) ?? '');
    return Number.isNaN(at) ? undefined : at;
  };
  return {
    ifMatch: headers.get(`${prefix}if-match`), ifNoneMatch: headers.get(`${prefix}if-none-match`),
    ifModifiedSince: time('if-modified-since'), ifUnmodifiedSince: time('if-unmodified-since'),
  };
}

/** Throws `PreconditionFailed`, or `NotModified` with the headers of the object, where a GET or HEAD is not wanted (RFC 9110, 13.2.2). */
export function requireWanted(headers: Headers, object: StoredObject): void {
  requireConditions(conditionsOf(headers, ''), object, 'NotModified');
}

/** The conditions on the source of a copy: all that fail are `PreconditionFailed`. */
export function requireCopyWanted(headers: Headers, source: StoredObject): void {
  requireConditions(conditionsOf(headers, 'x-amz-copy-source-'), source, 'PreconditionFailed');
}

function requireConditions({ ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince }: Conditions, object: StoredObject, unmodified: S3Code): void {
  const modified = wholeSeconds(object.modifiedAt);
  if (ifMatch !== undefined) {
    if (!names(ifMatch, object.etag)) throw failed('If-Match');
  } else if (ifUnmodifiedSince !== undefined && modified > ifUnmodifiedSince) throw failed('If-Unmodified-Since');
  const isKnown = ifNoneMatch === undefined ? ifModifiedSince !== undefined && modified <= ifModifiedSince : names(ifNoneMatch, object.etag);
  if (!isKnown) return;
  const condition = ifNoneMatch === undefined ? 'If-Modified-Since' : 'If-None-Match';
  throw new S3Error(unmodified, { fields: { Condition: condition }, headers: { etag: `"${object.etag}"`, 'last-modified': httpTime(object.modifiedAt) } });
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { fields: { Condition: condition } });
}

function names(list: string, etag: string): boolean {
  return list.trim() === '*' || etagsOf(list).includes(etag);
}

function etagsOf(list: string): string[] {
  return list.split(',').map((etag) => etag.trim().replace(/^W\//, '').replace(/^"(.*)"$/, '$1'));
}

/** The conditions on what a PUT replaces ("Conditional writes"). */
export function writeCondition(headers: Headers): Precondition {
  if (headers.has('if-modified-since') || headers.has('if-unmodified-since')) throw new S3Error('NotImplemented', { fields: { Header: 'If-Modified-Since' } });
  const [ifMatch, ifNoneMatch] = [headers.get('if-match'), headers.get('if-none-match')];
  return {
    ...(ifMatch !== undefined && { ifMatch: ifMatch.trim() === '*' ? '*' : etagsOf(ifMatch) }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: ifNoneMatch.trim() === '*' ? '*' : etagsOf(ifNoneMatch) }),
  };
}
