import type { SecretBox } from '@virga/identity-client';
import type { Metadata } from './metadata.js';

/** The injection token of the `SecretBox` that seals them. */
export const METADATA_SECRETS = Symbol('MetadataSecrets');

/** Headers whose values are keys that sign requests: they stand in the database only sealed. */
const SECRET = /^x-(account|container)-meta-temp-url-key(-2)?$|^x-container-sync-key$/;

/** Metadata as rows keep it: what everybody may read, and the sealed rest. */
export interface StoredMetadata {
  metadata: Metadata;
  sealed: Buffer | null;
}

/** Keeps the secret headers of accounts and containers apart, sealed for the row called `context`. */
export function sealMetadata(box: SecretBox, context: string, all: Metadata): StoredMetadata {
  const secrets = Object.entries(all).filter(([name]) => SECRET.test(name));
  if (secrets.length === 0) return { metadata: all, sealed: null };
  const metadata = Object.fromEntries(Object.entries(all).filter(([name]) => !SECRET.test(name)));
  return { metadata, sealed: box.seal(JSON.stringify(Object.fromEntries(secrets)), context) };
}

/** All headers again. */
export function openMetadata(box: SecretBox, context: string, { metadata, sealed }: StoredMetadata): Metadata {
  if (sealed === null) return metadata;
  return { ...metadata, ...JSON.parse(box.open(sealed, context).toString()) as Metadata };
}
