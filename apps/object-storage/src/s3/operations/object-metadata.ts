import type { Metadata } from '../../metadata/index.js';
import type { Headers } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';

/** What clients get when they say nothing. */
export const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

/** User metadata stands in the model by Swift's name, so that both APIs show it. */
const OURS = 'x-object-meta-';
const THEIRS = 'x-amz-meta-';
/** Headers that S3 keeps as they are and sends back. */
const KEPT = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires', 'x-amz-website-redirect-location', 'x-robots-tag'] as const;

/** S3's limit for the names and values of user metadata together. */
const LARGEST_METADATA = 2048;

/** The metadata that a request puts beside an object. Throws `MetadataTooLarge`. */
export function metadataOf(headers: Headers): Metadata {
  const user = Object.entries(headers.startingWith(THEIRS)).map(([name, value]) => [name.slice(THEIRS.length), value.trim()] as const);
  const size = user.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > LARGEST_METADATA) throw new S3Error('MetadataTooLarge', { fields: { Size: String(size), MaxSizeAllowed: String(LARGEST_METADATA) } });
  const metadata: Metadata = Object.fromEntries(user.map(([name, value]) => [OURS + name, value]));
  for (const name of KEPT) {
    const value = name === 'content-encoding' ? contentEncoding(headers) : headers.get(name);
    if (value !== undefined && value !== '') metadata[name] = value;
  }
  return metadata;
}

/** `aws-chunked` is how a body travels, and nothing of the object. */
function contentEncoding(headers: Headers): string | undefined {
  return headers.get('content-encoding')?.split(',').map((coding) => coding.trim()).filter((coding) => coding.toLowerCase() !== 'aws-chunked').join(', ');
}

/** The headers that tell an object's metadata. */
export function metadataHeaders(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata)) {
    if (name.startsWith(OURS)) headers[THEIRS + name.slice(OURS.length)] = value;
    else if ((KEPT as readonly string[]).includes(name)) headers[name] = value;
  }
  return headers;
}

export function contentTypeOf(headers: Headers): string {
  return headers.get('content-type') || DEFAULT_CONTENT_TYPE;
}
