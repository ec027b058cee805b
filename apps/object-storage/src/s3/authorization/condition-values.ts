import { projectIdOf } from '../acl/acl.js';
import type { ConditionValues } from '../policy/condition.js';
import { tagsOfHeader, type Tags } from '../tagging/tags.js';
import type { S3Request } from '../request/s3-request.js';
import type { AccessTarget } from '../access.js';

/** Condition keys that are the request header of the same name. */
const HEADERS: ReadonlySet<string> = new Set([
  'x-amz-acl', 'x-amz-content-sha256', 'x-amz-copy-source', 'x-amz-grant-full-control', 'x-amz-grant-read', 'x-amz-grant-read-acp', 'x-amz-grant-write',
  'x-amz-grant-write-acp', 'x-amz-metadata-directive', 'x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-customer-algorithm', 'x-amz-storage-class', 'x-amz-website-redirect-location', 'if-match', 'if-none-match',
]);
const QUERY: ReadonlySet<string> = new Set(['prefix', 'delimiter', 'max-keys']);
const EXISTING_TAG = 's3:existingobjecttag/';
const REQUEST_TAG = 's3:requestobjecttag/';

type Value = (request: S3Request, target: AccessTarget) => string | undefined;

const GENERAL: Readonly<Record<string, Value>> = {
  'aws:sourceip': ({ front }) => front.remoteAddress,
  // TLS ends in front of this service. A client could lie, but only to break rules that protect its own requests.
  'aws:securetransport': ({ headers }) => String(headers.get('x-forwarded-proto')?.toLowerCase() === 'https'),
  'aws:currenttime': ({ now }) => new Date(now).toISOString(),
  'aws:epochtime': ({ now }) => String(Math.floor(now / 1000)),
  'aws:referer': ({ headers }) => headers.get('referer'),
  'aws:useragent': ({ headers }) => headers.get('user-agent'),
  'aws:userid': ({ caller }) => caller?.userId,
  'aws:username': ({ caller }) => caller?.userName,
  'aws:principaltype': ({ caller }) => (caller === undefined ? 'Anonymous' : 'User'),
  'aws:principalaccount': ({ caller }) => caller?.projectId,
  'aws:principalarn': ({ caller }) => caller && `arn:aws:iam::${caller.projectId ?? ''}:user/${caller.userName}`,
  'aws:resourceaccount': (_, { bucket }) => bucket && projectIdOf(bucket.account),
  's3:resourceaccount': (_, { bucket }) => bucket && projectIdOf(bucket.account),
  's3:versionid': ({ query }) => query.get('versionId') ?? undefined,
  's3:authtype': ({ caller, query, headers }) => (caller === undefined ? undefined : authType(query, headers.has('authorization'))),
  's3:signatureversion': ({ caller, query, headers }) => (caller === undefined ? undefined : signatureVersion(query, headers.get('authorization'))),
  's3:object-lock-mode': ({ headers }) => headers.get('x-amz-object-lock-mode'),
  's3:object-lock-legal-hold': ({ headers }) => headers.get('x-amz-object-lock-legal-hold'),
  's3:object-lock-retain-until-date': ({ headers }) => headers.get('x-amz-object-lock-retain-until-date'),
  's3:object-lock-remaining-retention-days': ({ headers, now }) => remainingDays(headers.get('x-amz-object-lock-retain-until-date'), now),
};

/** What policies may ask of a request, by the (normalized) condition key. */
export function conditionValues(request: S3Request, target: AccessTarget): ConditionValues {
  return (key) => {
    if (key.startsWith(EXISTING_TAG)) return valueOfTag(target.object?.settings.tags, key.slice(EXISTING_TAG.length));
    if (key.startsWith(REQUEST_TAG)) return valueOfTag(requestTags(request), key.slice(REQUEST_TAG.length));
    if (key === 's3:requestobjecttagkeys') return requestTags(request)?.map(([name]) => name);
    const value = Object.hasOwn(GENERAL, key) ? GENERAL[key]?.(request, target) : parameter(request, key);
    return value === undefined ? undefined : [value];
  };
}

function parameter({ headers, query }: S3Request, key: string): string | undefined {
  const name = key.replace(/^s3:/, '');
  if (HEADERS.has(name)) return headers.get(name);
  return QUERY.has(name) ? query.get(name) ?? undefined : undefined;
}

function valueOfTag(tags: Tags | undefined, name: string): string[] | undefined {
  const found = tags?.find(([key]) => key === name);
  return found && [found[1]];
}

/** Those of a request that cannot be read are refused by its operation, after this. */
function requestTags({ headers, requestTags: read }: S3Request): Tags | undefined {
  if (read !== undefined) return read;
  const header = headers.get('x-amz-tagging');
  try {
    return header === undefined ? undefined : tagsOfHeader(header);
  } catch {
    return undefined;
  }
}

function authType(query: URLSearchParams, hasHeader: boolean): string {
  if (hasHeader) return 'REST-HEADER';
  return query.has('X-Amz-Signature') || query.has('Signature') ? 'REST-QUERY-STRING' : 'POST';
}

function signatureVersion(query: URLSearchParams, authorization: string | undefined): string {
  const isV2 = authorization === undefined ? query.has('Signature') : authorization.startsWith('AWS ');
  return isV2 ? 'AWS' : 'AWS4-HMAC-SHA256';
}

function remainingDays(until: string | undefined, now: number): string | undefined {
  const at = until === undefined ? NaN : Date.parse(until);
  return Number.isNaN(at) ? undefined : String(Math.ceil((at - now) / 86_400_000));
}
