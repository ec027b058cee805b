import type { Subdir } from '../listing/index.js';
import type { StoredObject } from './object.js';
import { objectOf, type ObjectRow } from './object-rows.js';
import type { VersionsBefore } from './objects.repository.js';
import type { VersionQuery } from './objects.js';

/**
 * A page of versions from the last name to the first. What a delimiter gathers is stepped over with one statement for each
 * `Subdir`, so that a page takes a time that depends on its own length only.
 */
export async function versionsBackward(read: (part: VersionsBefore) => Promise<ObjectRow[]>, query: VersionQuery): Promise<(StoredObject | Subdir)[]> {
  const { prefix = '', delimiter = '', keyMarker, versionMarker, limit } = query;
  const page: (StoredObject | Subdir)[] = [];
  // A prefix bounds the names from above as well: the marker counts only where it stands below that bound.
  let part: VersionsBefore = { prefix, limit, ...(keyMarker !== undefined && isWithin(keyMarker, prefix) && { before: keyMarker, ...(versionMarker !== undefined && { version: versionMarker }) }) };
  if (keyMarker !== undefined && isBelow(keyMarker, prefix)) return [];
  while (page.length < limit) {
    const rows = await read({ ...part, limit: limit - page.length });
    const next = take(rows, page, { prefix, delimiter });
    if (next === undefined) return page;
    part = { prefix, limit, before: next };
  }
  return page;
}

/** Adds rows to the page up to the first that the delimiter gathers; answers where to go on, or undefined at the end. */
function take(rows: readonly ObjectRow[], page: (StoredObject | Subdir)[], { prefix, delimiter }: { prefix: string; delimiter: string }): string | undefined {
  for (const row of rows) {
    const at = delimiter === '' ? -1 : row.name.indexOf(delimiter, prefix.length);
    if (at < 0) {
      page.push(objectOf(row));
      continue;
    }
    const subdir = row.name.slice(0, at + delimiter.length);
    page.push({ subdir });
    return subdir;
  }
  return undefined;
}

function isWithin(marker: string, prefix: string): boolean {
  return marker.startsWith(prefix);
}

function isBelow(marker: string, prefix: string): boolean {
  return !marker.startsWith(prefix) && Buffer.compare(Buffer.from(marker), Buffer.from(prefix)) < 0;
}
