import { createHash, createHmac } from 'node:crypto';
import { ownEntry } from '@virga/kernel';
import { isSame, signature4, signingScopeOf, type SigningScope } from './signature.js';

/** A request as the service got it that asks. Names of headers are in lower case. */
export interface SignedRequest {
  access: string;
  verb: string;
  host: string;
  path: string;
  params: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
  bodyHash: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The signatures that a request may have: version 1 and 2 where it says so in `SignatureVersion`, version 4 where `Authorization`
 * or `X-Amz-Algorithm` does; none for anything else. Version 0 is left out: it covers neither parameters nor host.
 */
export function ec2Signatures(secret: string, request: SignedRequest): string[] {
  const version = request.params['SignatureVersion'];
  if (version === '1') return [version1(secret, request)];
  // Some clients leave the port out of what they sign.
  if (version === '2') return [...new Set([request.host, request.host.replace(/:\d+$/, '')])].map((host) => version2(secret, { ...request, host }));
  const signature = version4(secret, request);
  return signature === undefined ? [] : [signature];
}

/** When the request says it was made; undefined where it does not, or not readably. */
export function signedAt({ params, headers }: SignedRequest): number | undefined {
  const text = params['Timestamp'] ?? headers['x-amz-date'] ?? params['X-Amz-Date'] ?? '';
  const match = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${zone.replace(/^(...)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(at) ? undefined : at;
}

function version1(secret: string, { params }: SignedRequest): string {
  const hmac = createHmac('sha1', secret);
  const named = signedParams(params).map(([name, value]) => ({ name, value, order: name.toLowerCase() }));
  for (const { name, value } of named.sort((one, other) => compareText(one.order, other.order))) hmac.update(name).update(value);
  return hmac.digest('base64');
}

function version2(secret: string, { verb, host, path, params }: SignedRequest): string {
  const query = canonicalQuery({ ...params, SignatureMethod: 'HmacSHA256' });
  return createHmac('sha256', secret).update([verb, host, path, query].join('\n')).digest('base64');
}

function version4(secret: string, request: SignedRequest): string | undefined {
  const claim = claimOf(request);
  const headers = claim && canonicalHeaders(request, claim.signedHeaders);
  if (claim === undefined || headers === undefined || !isSame(claim.access, request.access) || !claim.date.startsWith(claim.scope.date)) return undefined;
  // The parameters of a POST come in its body, which its hash covers.
  const query = request.verb.toUpperCase() === 'POST' ? '' : canonicalQuery(request.params);
  const canonical = [request.verb.toUpperCase(), request.path, query, headers, claim.signedHeaders, request.bodyHash].join('\n');
  const { date, region, service } = claim.scope;
  const stringToSign = [ALGORITHM, claim.date, `${date}/${region}/${service}/aws4_request`, createHash('sha256').update(canonical).digest('hex')].join('\n');
  return signature4(secret, claim.scope, stringToSign);
}

interface Claim {
  access: string;
  scope: SigningScope;
  signedHeaders: string;
  date: string;
}

/** What a version 4 request says about its signature, in `Authorization` or in its parameters. */
function claimOf({ headers, params }: SignedRequest): Claim | undefined {
  const authorization = headers['authorization'];
  const inHeader = authorization?.startsWith(ALGORITHM) === true;
  if (!inHeader && params['X-Amz-Algorithm'] !== ALGORITHM) return undefined;
  const part = (name: string) => (inHeader ? new RegExp(`\\b${name}=([^,\\s]*)`).exec(authorization)?.[1] : params[`X-Amz-${name}`]) ?? '';
  const [access = '', ...scopeParts] = part('Credential').split('/');
  const scope = signingScopeOf(scopeParts.join('/'));
  const [date, signedHeaders] = [headers['x-amz-date'] ?? params['X-Amz-Date'], part('SignedHeaders')];
  return scope === undefined || date === undefined || signedHeaders === '' ? undefined : { access, scope, signedHeaders, date };
}

function canonicalHeaders({ headers }: SignedRequest, signedHeaders: string): string | undefined {
  const lines = signedHeaders.split(';').map((name) => {
    const value = ownEntry(headers, name);
    return value === undefined ? undefined : `${name}:${value.trim().replaceAll(/ +/g, ' ')}\n`;
  });
  return lines.includes(undefined) ? undefined : lines.join('');
}

function canonicalQuery(params: SignedRequest['params']): string {
  return signedParams(params).sort(([one], [other]) => compareText(one, other)).map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
}

/** All but the signature itself, which cannot be a part of what it signs. */
function signedParams(params: SignedRequest['params']): [string, string][] {
  return Object.entries(params).filter(([name]) => name !== 'Signature' && name !== 'X-Amz-Signature');
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** By code points, as the bytes of UTF-8 sort. */
function compareText(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
