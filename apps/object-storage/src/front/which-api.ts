import type { FrontRequest } from './front.js';

/** Swift's paths, as they are sent. */
const SWIFT_PATHS = /^\/(v1(\.0)?(\/|$)|(info|healthcheck|crossdomain\.xml|endpoints)(\/|$))/;
const SIGNED_QUERY = /(^|&)(X-Amz-(Algorithm|Signature|Credential)|AWSAccessKeyId)=/i;

/** Whether a request is S3's: by its signature, its Host, or because its path is none of Swift's. */
export function isForS3({ headers, rawPath, rawQuery }: Pick<FrontRequest, 'headers' | 'rawPath' | 'rawQuery'>, bucketDomains: readonly string[]): boolean {
  if (headers.authorization?.startsWith('AWS') === true) return true;
  if (rawQuery !== '' && SIGNED_QUERY.test(rawQuery)) return true;
  if (namesBucket(headers.host, bucketDomains)) return true;
  return !SWIFT_PATHS.test(rawPath);
}

function namesBucket(host: string | undefined, domains: readonly string[]): boolean {
  if (host === undefined || domains.length === 0) return false;
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return domains.some((domain) => name.length > domain.length + 1 && name.endsWith(`.${domain}`));
}
