import type { Headers } from '../request/s3-request.js';
import type { Address } from '../request/address.js';
import type { FrontRequest } from '../../front/index.js';

/** Query parameters that are part of the resource a V2 signature is made for (REST authentication, "Constructing the CanonicalizedResource element"). */
const SIGNED_PARAMETERS = [
  'accelerate', 'acl', 'analytics', 'cors', 'delete', 'encryption', 'inventory', 'lifecycle', 'location', 'logging', 'metrics', 'notification', 'object-lock',
  'legal-hold', 'retention', 'partNumber', 'policy', 'policyStatus', 'publicAccessBlock', 'replication', 'requestPayment', 'response-cache-control',
  'response-content-disposition', 'response-content-encoding', 'response-content-language', 'response-content-type', 'response-expires', 'restore',
  'tagging', 'torrent', 'uploadId', 'uploads', 'versionId', 'versioning', 'versions', 'website',
].sort();

/**
 * What a V2 signature is made over (the verb, some headers, and the resource), and after it what botocore makes of it for buckets named in
 * the path: it appends a slash to the bucket's name, or writes the signed parameters twice. All say the same, so all are accepted.
 */
export function v2StringsToSign(front: FrontRequest, headers: Headers, address: Address, isHosted: boolean): string[] {
  const path = `${isHosted ? `/${address.bucket ?? ''}` : ''}${front.rawPath}`;
  const query = signedQuery(front.query);
  const isBare = address.key === undefined && !path.endsWith('/');
  const resources = new Set([path + query, path + query + query, ...(isBare ? [`${path}/${query}`] : [])]);
  return [...resources].map((resource) => stringToSign(front, headers, resource));
}

function stringToSign(front: FrontRequest, headers: Headers, resource: string): string {
  const amazon = Object.entries(headers.startingWith('x-amz-')).sort(([a], [b]) => (a < b ? -1 : 1));
  const expires = front.query.has('Signature') ? front.query.get('Expires') ?? '' : undefined;
  return [
    front.method,
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    expires ?? (headers.has('x-amz-date') ? '' : headers.get('date') ?? ''),
    ...amazon.map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, ' ')}`),
    resource,
  ].join('\n');
}

function signedQuery(query: URLSearchParams): string {
  const pairs = SIGNED_PARAMETERS.filter((name) => query.has(name)).map((name) => {
    const value = query.get(name) ?? '';
    return value === '' ? name : `${name}=${value}`;
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
