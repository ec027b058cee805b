import { createHash } from 'node:crypto';
import { Invalid } from '@virga/kernel';

/** Somebody else has changed the metadata since the caller looked. */
export class MetadataChanged extends Invalid {
  constructor() {
    super('block-storage.volume.metadata-changed', 'The metadata has changed since you read it.', { status: 412 });
  }
}

/** An `ETag` of metadata: the same for the same entries, in whatever order they are kept. */
export function tagOf(metadata: Readonly<Record<string, string>>): string {
  const entries = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 32);
}

/** Throws `MetadataChanged` where `If-Match` names other tags only (RFC 9110, section 13.1.1); `*` is every one. */
export function requireMatch(ifMatch: string | string[] | undefined, metadata: Readonly<Record<string, string>>): void {
  if (ifMatch === undefined) return;
  const tags = [ifMatch].flat().flatMap((value) => value.split(',')).map((tag) => tag.trim().replace(/^(W\/)?"(.*)"$/, '$2'));
  if (!tags.includes('*') && !tags.includes(tagOf(metadata))) throw new MetadataChanged();
}
