import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Instant } from '@virga/kernel';
import { AccessKeys, type KnownAccessKey } from '@virga/identity-client';
import type { FrontRequest } from '../../front/index.js';
import { SETTINGS, type ObjectStorageSettings } from '../../settings/index.js';
import { bucketOfHost, type Address } from '../request/address.js';
import { announcedChecksum } from '../request/checksums.js';
import { RequestBody, type BodyTerms } from '../request/request-body.js';
import { Headers } from '../request/s3-request.js';
import type { S3Caller } from '../request/s3-caller.js';
import { S3Error } from '../s3-error.js';

import { canonicalRequest, sha256Hex } from './canonical.js';
import { V4ChunkSigner } from './chunk-signer.js';
import { credentialsOf, requestTime, type V2Credentials, type V4Credentials } from './credentials.js';
import { isOwnRegion } from './regions.js';
import { hmac, sameSignature, scopeText, signingKey } from './signing-key.js';
import { v2StringsToSign } from './v2-string.js';

/** How far a client's clock may be from ours: S3's own limit. Too low: clients without NTP fail. Too high: stolen requests live longer. */
const CLOCK_SKEW_MS = 15 * 60_000;

const UNSIGNED = 'UNSIGNED-PAYLOAD';
const CHUNKED = new Map([
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { isSigned: true, hasTrailer: false }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', { isSigned: true, hasTrailer: true }],
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { isSigned: false, hasTrailer: true }],
]);

/** Who asks, and the body with all checks that the signature asks for. */
export interface Authenticated {
  caller: S3Caller | undefined;
  body: RequestBody;
}

/**
 * Verifies signatures of versions 4 and 2, in headers and in queries ("Authenticating Requests", S3 API Reference).
 *
 * The headers' signature is checked before anything of the body is read; the body's (its hash, or those of its chunks) while it is
 * read, by `RequestBody`. A request without a signature is anonymous, which is for `Access` to judge.
 */
@Injectable()
export class Authentication {
  constructor(private readonly keys: AccessKeys, @Inject(SETTINGS) private readonly settings: ObjectStorageSettings) {}

  /** Throws in S3's words whatever is wrong with a signature. */
  async authenticate(front: FrontRequest, address: Address, now: Instant): Promise<Authenticated> {
    const headers = new Headers(front.headers);
    const credentials = credentialsOf(headers, front.query);
    if (credentials === undefined) return { caller: undefined, body: new RequestBody(bodyTerms(front, headers, undefined)) };
    if (credentials.kind === 'v4') return this.authenticateV4(front, headers, credentials, now);
    const { caller } = await this.verifyV2(front, headers, address, credentials, now);
    return { caller, body: new RequestBody(bodyTerms(front, headers, undefined)) };
  }

  /** The access key's secret and caller; throws `InvalidAccessKeyId`. */
  async find(front: FrontRequest, accessKey: string): Promise<{ secret: Buffer; caller: S3Caller }> {
    const known: KnownAccessKey | undefined = await this.keys.find(accessKey, front.id, { api: 'object-store', method: front.method, path: front.rawPath });
    const projectId = known?.caller.projectId;
    if (known === undefined || projectId === undefined) throw new S3Error('InvalidAccessKeyId', { fields: { AWSAccessKeyId: accessKey } });
    return { secret: known.secret, caller: { ...known.caller, accessKey, account: `AUTH_${projectId}` } };
  }

  private async authenticateV4(front: FrontRequest, headers: Headers, credentials: V4Credentials, now: Instant): Promise<Authenticated> {
    this.requireRegion(credentials);
    requireTime(credentials, now);
    const payloadHash = headers.get('x-amz-content-sha256') ?? (credentials.isInQuery ? UNSIGNED : undefined);
    if (payloadHash === undefined) throw new S3Error('InvalidRequest', { message: 'Missing required header for this request: x-amz-content-sha256' });
    requireSigned(headers, credentials.signedHeaders);
    const { secret, caller } = await this.find(front, credentials.accessKey);
    const canonical = canonicalRequest({ method: front.method, rawPath: front.rawPath, rawQuery: front.rawQuery, header: (name) => headers.get(name) }, credentials.signedHeaders, payloadHash);
    const stringToSign = ['AWS4-HMAC-SHA256', credentials.timestamp, scopeText(credentials.scope), sha256Hex(canonical)].join('\n');
    const key = signingKey(secret, credentials.scope);
    const expected = hmac(key, stringToSign).toString('hex');
    if (!sameSignature(credentials.signature, expected)) {
      throw new S3Error('SignatureDoesNotMatch', { fields: { AWSAccessKeyId: credentials.accessKey, StringToSign: stringToSign, SignatureProvided: credentials.signature, CanonicalRequest: canonical } });
    }
    const signer = new V4ChunkSigner(key, credentials.timestamp, scopeText(credentials.scope), expected);
    return { caller, body: new RequestBody(bodyTerms(front, headers, { payloadHash, signer })) };
  }

  private requireRegion({ scope, isInQuery }: V4Credentials): void {
    const { region } = this.settings;
    if (scope.region !== '' && isOwnRegion(scope.region, this.settings)) return;
    if (isInQuery) throw new S3Error('AuthorizationQueryParametersError', { message: `Error parsing the X-Amz-Credential parameter; the region '${scope.region}' is wrong; expecting '${region}'`, fields: { Region: region } });
    throw new S3Error('AuthorizationHeaderMalformed', { message: `The authorization header is malformed; the region '${scope.region}' is wrong; expecting '${region}'`, fields: { Region: region } });
  }

  private async verifyV2(front: FrontRequest, headers: Headers, address: Address, credentials: V2Credentials, now: Instant): Promise<{ caller: S3Caller }> {
    if (credentials.expiresAt === undefined) requireDate(headers, now);
    else if (credentials.expiresAt < now) throw new S3Error('AccessDenied', { message: 'Request has expired' });
    const { secret, caller } = await this.find(front, credentials.accessKey);
    const isHosted = bucketOfHost(headers.get('host'), this.settings.bucketDomains) !== undefined;
    const candidates = v2StringsToSign(front, headers, address, isHosted);
    const isSigned = candidates.some((text) => sameSignature(credentials.signature, createHmac('sha1', secret).update(text, 'latin1').digest('base64')));
    if (!isSigned) {
      const [stringToSign = ''] = candidates;
      throw new S3Error('SignatureDoesNotMatch', { fields: { AWSAccessKeyId: credentials.accessKey, StringToSign: stringToSign, SignatureProvided: credentials.signature } });
    }
    return { caller };
  }
}

function requireDate(headers: Headers, now: Instant): void {
  const given = headers.get('x-amz-date') ?? headers.get('date');
  const at = given === undefined ? undefined : requestTime(given);
  if (at === undefined) throw new S3Error('AccessDenied', { message: 'AWS authentication requires a valid Date or x-amz-date header' });
  requireSkew(at, now);
}

function requireTime({ isInQuery, signedAt, expiresIn }: V4Credentials, now: Instant): void {
  if (!isInQuery) return requireSkew(signedAt, now);
  if (signedAt > now + CLOCK_SKEW_MS) throw new S3Error('AccessDenied', { message: 'Request is not yet valid' });
  if (signedAt + (expiresIn ?? 0) * 1000 < now) {
    throw new S3Error('AccessDenied', { message: 'Request has expired', fields: { Expires: new Date(signedAt + (expiresIn ?? 0) * 1000).toISOString(), ServerTime: new Date(now).toISOString() } });
  }
}

function requireSkew(at: Instant, now: Instant): void {
  if (Math.abs(at - now) <= CLOCK_SKEW_MS) return;
  throw new S3Error('RequestTimeTooSkewed', { fields: { RequestTime: new Date(at).toISOString(), ServerTime: new Date(now).toISOString(), MaxAllowedSkewMilliseconds: String(CLOCK_SKEW_MS) } });
}

/** What means something to S3 must be signed, or somebody on the way could add to a request. */
function requireSigned(headers: Headers, signedHeaders: readonly string[]): void {
  const missing = ['host', ...Object.keys(headers.startingWith('x-amz-'))].filter((name) => !signedHeaders.includes(name));
  if (missing.length > 0) throw new S3Error('AccessDenied', { message: 'There were headers present in the request which were not signed', fields: { HeadersNotSigned: missing.join(', ') } });
}

interface SignedBody {
  payloadHash: string;
  signer: V4ChunkSigner;
}

/** Without a V4 signature the hash in the header only says whether the body comes in chunks. */
function bodyTerms(front: FrontRequest, headers: Headers, signed: SignedBody | undefined): BodyTerms {
  const payloadHash = signed?.payloadHash ?? headers.get('x-amz-content-sha256') ?? UNSIGNED;
  const chunked = CHUNKED.get(payloadHash);
  const common = { source: front.body, md5: headers.get('content-md5'), checksum: announcedChecksum(headers) };
  if (chunked === undefined) return { ...common, length: contentLength(headers), sha256: signed && payloadSha256(payloadHash), chunks: undefined };
  const trailer = chunked.hasTrailer ? headers.get('x-amz-trailer') : undefined;
  return { ...common, length: decodedLength(headers), sha256: undefined, chunks: { signer: chunked.isSigned ? requiredSigner(signed) : undefined, trailer } };
}

function requiredSigner(signed: SignedBody | undefined): V4ChunkSigner {
  if (signed === undefined) throw new S3Error('AccessDenied');
  return signed.signer;
}

function payloadSha256(payloadHash: string): string | undefined {
  if (payloadHash === UNSIGNED) return undefined;
  if (!/^[0-9a-f]{64}$/i.test(payloadHash)) throw new S3Error('InvalidArgument', { message: 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.', fields: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: payloadHash } });
  return payloadHash;
}

function decodedLength(headers: Headers): number {
  const length = wholeNumber(headers.get('x-amz-decoded-content-length'));
  if (length === undefined) throw new S3Error('MissingContentLength');
  return length;
}

/** Undefined for a body sent in HTTP's own chunks; zero where nothing announces a body. */
function contentLength(headers: Headers): number | undefined {
  const text = headers.get('content-length');
  if (text === undefined) return headers.has('transfer-encoding') ? undefined : 0;
  const length = wholeNumber(text);
  if (length === undefined) throw new S3Error('InvalidArgument', { message: 'Content-Length is no number.' });
  return length;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
