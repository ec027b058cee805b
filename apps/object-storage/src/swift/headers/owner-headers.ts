import type { Metadata, MetadataChange } from '../../metadata/index.js';

/** What only an account's owner sees and sets: ACLs, and the keys of temporary URLs and synchronization. */
const OWNER_HEADERS: ReadonlySet<string> = new Set([
  'x-container-read', 'x-container-write', 'x-container-sync-key', 'x-container-sync-to', 'x-account-meta-temp-url-key', 'x-account-meta-temp-url-key-2',
  'x-container-meta-temp-url-key', 'x-container-meta-temp-url-key-2', 'x-account-access-control',
]);

/** The headers without those that are the owner's, where the caller is none. */
export function forStanding<Headers extends Metadata | MetadataChange>(headers: Headers, { isOwner }: { isOwner: boolean }): Headers {
  if (isOwner) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWNER_HEADERS.has(name))) as Headers;
}
