import type { Instant } from '@virga/kernel';
import { S3Error, invalidArgument } from '../s3-error.js';
import type { Headers } from '../request/s3-request.js';
import type { CredentialScope } from './signing-key.js';

/** A V4 signature as a request carries it. */
export interface V4Credentials {
  kind: 'v4';
  isInQuery: boolean;
  accessKey: string;
  scope: CredentialScope;
  signedHeaders: readonly string[];
  signature: string;
  /** `20130524T000000Z` */
  timestamp: string;
  signedAt: Instant;
  /** Seconds that a presigned request is good for. */
  expiresIn: number | undefined;
}

/** A V2 signature as a request carries it. */
export interface V2Credentials {
  kind: 'v2';
  accessKey: string;
  signature: string;
  /** Milliseconds since the epoch, for requests that are signed in their query. */
  expiresAt: Instant | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const LONGEST_EXPIRY = 604_800;
/** S3 takes V2's moment as 31 bits. */
const LATEST_EXPIRY = 2_147_483_647;

/** Finds the signature of a request, in its header or its query; undefined for one that has none. Throws S3's words for malformed ones. */
export function credentialsOf(headers: Headers, query: URLSearchParams): V4Credentials | V2Credentials | undefined {
  const header = headers.get('authorization');
  const isV4Query = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature'].some((name) => query.has(name));
  const isV2Query = ['AWSAccessKeyId', 'Signature'].some((name) => query.has(name));
  if (header !== undefined) {
    if (!isV4Query && !isV2Query) return headerCredentials(header, headers);
    throw invalidArgument('Authorization', 'present', 'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified');
  }
  if (isV4Query) return v4Query(query);
  return isV2Query ? v2Query(query) : undefined;
}

function headerCredentials(header: string, headers: Headers): V4Credentials | V2Credentials {
  if (header.startsWith(ALGORITHM)) return v4Header(header, headers);
  if (header.startsWith('AWS ')) return v2Header(header);
  throw invalidArgument('Authorization', 'unsupported', 'Unsupported Authorization Type');
}

function v4Header(header: string, headers: Headers): V4Credentials {
  const fields = new Map(header.slice(ALGORITHM.length).split(',').map((field) => {
    const equals = field.indexOf('=');
    return [field.slice(0, equals).trim(), field.slice(equals + 1).trim()] as const;
  }));
  const [credential, signedHeaders, signature] = [fields.get('Credential'), fields.get('SignedHeaders'), fields.get('Signature')];
  if (!credential || !signedHeaders || !signature) throw new S3Error('AuthorizationHeaderMalformed', { message: 'The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.' });
  const timestamp = timestampOf(headers);
  const named = parsedCredential(credential, 'AuthorizationHeaderMalformed');
  if (named.scope.date !== timestamp.text.slice(0, 8)) {
    throw new S3Error('AuthorizationHeaderMalformed', { message: `The authorization header is malformed; Invalid credential date "${named.scope.date}". This date is not the same as X-Amz-Date: "${timestamp.text.slice(0, 8)}".` });
  }
  return {
    kind: 'v4', isInQuery: false, ...named, signedHeaders: headerNames(signedHeaders), signature, timestamp: timestamp.text, signedAt: timestamp.at, expiresIn: undefined,
  };
}

function v4Query(query: URLSearchParams): V4Credentials {
  if (query.get('X-Amz-Algorithm') !== ALGORITHM) throw queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  const [credential, signedHeaders, signature, date, expires] = ['Credential', 'SignedHeaders', 'Signature', 'Date', 'Expires'].map((name) => query.get(`X-Amz-${name}`));
  if (!credential || !signedHeaders || !signature || !date || !expires) {
    throw queryError('Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.');
  }
  const signedAt = basicTime(date);
  if (signedAt === undefined) throw queryError('X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd\'T\'HHmmss\'Z\'"');
  const named = parsedCredential(credential, 'AuthorizationQueryParametersError');
  if (named.scope.date !== date.slice(0, 8)) throw queryError(`Invalid credential date "${named.scope.date}". This date is not the same as X-Amz-Date: "${date.slice(0, 8)}".`);
  return { kind: 'v4', isInQuery: true, ...named, signedHeaders: headerNames(signedHeaders), signature, timestamp: date, signedAt, expiresIn: expirySeconds(expires) };
}

/** What can never be in force is forbidden (403, as Ceph answers); what is no number is malformed. */
function expirySeconds(text: string): number {
  if (/^-\d+$/.test(text)) throw queryError('X-Amz-Expires must be non-negative', 403);
  if (!/^\d{1,18}$/.test(text)) throw queryError('X-Amz-Expires should be a number');
  if (Number(text) > LONGEST_EXPIRY) throw queryError('X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds', 403);
  return Number(text);
}

function queryError(message: string, status = 400): S3Error {
  return new S3Error('AuthorizationQueryParametersError', { message, status });
}

/** Access keys may hold slashes: the scope is counted from the end. */
function parsedCredential(text: string, code: 'AuthorizationHeaderMalformed' | 'AuthorizationQueryParametersError'): Pick<V4Credentials, 'accessKey' | 'scope'> {
  const [terminal, service, region, date, ...access] = text.split('/').reverse();
  const accessKey = access.reverse().join('/');
  if (accessKey === '' || terminal !== 'aws4_request' || service !== 's3' || region === undefined || date === undefined || !/^\d{8}$/.test(date)) {
    throw new S3Error(code, { message: 'The credential is malformed; it should be "<YOUR-AKID>/YYYYMMDD/REGION/s3/aws4_request".' });
  }
  return { accessKey, scope: { date, region, service } };
}

function headerNames(text: string): string[] {
  return text.toLowerCase().split(';').filter((name) => name !== '');
}

/** When a request with a header signature was signed; throws `AccessDenied` where it does not say. */
function timestampOf(headers: Headers): { text: string; at: Instant } {
  const given = headers.get('x-amz-date') ?? headers.get('date');
  const at = given === undefined ? undefined : requestTime(given);
  if (at === undefined) throw undated();
  return { text: new Date(at).toISOString().replace(/[-:]|\.\d+/g, ''), at };
}

function undated(): S3Error {
  return new S3Error('AccessDenied', { message: 'AWS authentication requires a valid Date or x-amz-date header' });
}

/** A moment as clients write it: ISO 8601's basic form, or one of HTTP's. */
export function requestTime(text: string): Instant | undefined {
  const basic = basicTime(text.trim());
  if (basic !== undefined) return basic;
  const at = /^[A-Za-z]{3},? /.test(text.trim()) || /^\d{4}-\d\d-\d\dT/.test(text.trim()) ? Date.parse(text) : NaN;
  return Number.isNaN(at) || at < 0 ? undefined : at;
}

function basicTime(text: string): Instant | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) || at < 0 ? undefined : at;
}

function v2Header(header: string): V2Credentials {
  const text = header.slice('AWS '.length).trim();
  const colon = text.lastIndexOf(':');
  if (colon <= 0 || colon === text.length - 1) throw invalidArgument('Authorization', 'malformed', 'AWS authorization header is invalid.  Expected AwsAccessKeyId:signature');
  return { kind: 'v2', accessKey: text.slice(0, colon), signature: text.slice(colon + 1), expiresAt: undefined };
}

function v2Query(query: URLSearchParams): V2Credentials {
  const [accessKey, signature, expires] = [query.get('AWSAccessKeyId'), query.get('Signature'), query.get('Expires')];
  if (!accessKey || !signature || !expires) throw new S3Error('AccessDenied', { message: 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters' });
  if (!/^\d{1,10}$/.test(expires) || Number(expires) > LATEST_EXPIRY) throw new S3Error('AccessDenied', { message: `Invalid date (should be seconds since epoch): ${expires}` });
  return { kind: 'v2', accessKey, signature, expiresAt: Number(expires) * 1000 };
}
