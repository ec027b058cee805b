import type { Metadata } from '../../metadata/index.js';
import { badRequest } from '../faults/index.js';
import type { HeaderMap } from '../request/index.js';
import type { SwiftLimits } from '../settings.js';
import { userMetadata } from './metadata-rules.js';

/** Headers that an object keeps beside its user metadata and its type. */
const KEPT = ['content-disposition', 'content-encoding', 'content-language', 'cache-control', 'expires', 'x-robots-tag'] as const;

/** The metadata that the headers of a PUT or POST give an object: everything that it shall have. Throws 400 beyond the limits. */
export function objectMetadata(headers: HeaderMap, limits: SwiftLimits): Metadata {
  // Unlike an account's or container's, an object's user metadata may be empty: it is replaced as a whole, so nothing need remove it.
  const metadata: Metadata = userMetadata('object', headers, limits);
  for (const name of KEPT) {
    const value = headers[name];
    if (value !== undefined && value !== '') metadata[name] = value;
  }
  return metadata;
}

/** Of what a PUT or COPY inherits: whether it is a header that `objectMetadata` makes. */
export function isObjectHeader(name: string): boolean {
  return name.startsWith('x-object-meta-') || (KEPT as readonly string[]).includes(name);
}

/** The content type to store. Throws 400 where it cannot be stored. */
export function requireContentType(contentType: string): string {
  if (contentType.includes('\0') || contentType.includes('�')) throw badRequest('Invalid Content-Type');
  return contentType;
}
