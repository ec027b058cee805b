import { timingSafeEqual } from 'node:crypto';
import { withoutEnd } from '../../text/index.js';

/** The digests that signatures may be made with; SHA-1 is old but still what many clients send. */
export const DIGESTS = ['sha1', 'sha256', 'sha512'] as const;
export type Digest = (typeof DIGESTS)[number];

const LENGTHS: Record<Digest, number> = { sha1: 20, sha256: 32, sha512: 64 };

export interface Signature {
  digest: Digest;
  bytes: Buffer;
}

/** Reads `<hex>` (the digest follows from the length) or `<digest>:<base64, also url-safe>`; undefined where it is neither. */
export function parseSignature(text: string): Signature | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return ofHex(text);
  const digest = DIGESTS.find((known) => known === text.slice(0, colon));
  const encoded = withoutEnd(text.slice(colon + 1), '=');
  if (digest === undefined || !/^([A-Za-z0-9+/]+|[A-Za-z0-9_-]+)$/.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length === LENGTHS[digest] ? { digest, bytes } : undefined;
}

function ofHex(text: string): Signature | undefined {
  if (!/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const digest = DIGESTS.find((known) => LENGTHS[known] * 2 === text.length);
  return digest && { digest, bytes: Buffer.from(text, 'hex') };
}

/** Whether a signature is one of those computed; every one is looked at, so that time tells nothing. */
export function matchesAny(signature: Signature, computed: readonly Buffer[]): number {
  let match = -1;
  computed.forEach((candidate, index) => {
    if (candidate.length === signature.bytes.length && timingSafeEqual(candidate, signature.bytes) && match < 0) match = index;
  });
  return match;
}
