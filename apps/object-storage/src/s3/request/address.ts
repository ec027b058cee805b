import { S3Error } from '../s3-error.js';

/** What a request is about: nothing is the service itself. */
export interface Address {
  bucket?: string;
  key?: string;
}

export const LONGEST_KEY_BYTES = 1024;

/**
 * Reads bucket and key from the path, or the bucket from the host name where that is a name below one of `domains`
 * (virtual-host style). Slashes in keys are kept as they are: `//x` in a bucket is the key `/x`. Throws `InvalidURI` and
 * `KeyTooLongError`.
 */
export function addressOf(rawPath: string, host: string | undefined, domains: readonly string[]): Address {
  const hosted = bucketOfHost(host, domains);
  const path = rawPath.startsWith('/') ? rawPath.slice(1) : rawPath;
  if (hosted !== undefined) return addressed(hosted, path);
  const slash = path.indexOf('/');
  if (path === '') return {};
  return slash < 0 ? addressed(decoded(path), '') : addressed(decoded(path.slice(0, slash)), path.slice(slash + 1));
}

/** The part of a host name that is a bucket's name. */
export function bucketOfHost(host: string | undefined, domains: readonly string[]): string | undefined {
  const name = (host ?? '').toLowerCase().replace(/:\d+$/, '');
  const domain = domains.find((candidate) => name.length > candidate.length + 1 && name.endsWith(`.${candidate.toLowerCase()}`));
  return domain === undefined ? undefined : name.slice(0, -domain.length - 1);
}

function addressed(bucket: string, rawKey: string): Address {
  if (rawKey === '') return { bucket };
  const key = decoded(rawKey);
  requireKey(key);
  return { bucket, key };
}

/** Throws where a key is longer than S3 allows or holds what cannot be kept. */
export function requireKey(key: string): void {
  if (Buffer.byteLength(key) > LONGEST_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', { fields: { Size: String(Buffer.byteLength(key)), MaxSizeAllowed: String(LONGEST_KEY_BYTES) } });
  }
  if (key.includes('\0')) throw new S3Error('InvalidURI');
}

/** Percent-decodes; throws `InvalidURI` for what is no UTF-8. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error('InvalidURI', { cause });
  }
}
