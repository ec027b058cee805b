/** Parameters of queries that tell what was asked and are no secret; of all others only the name is logged. */
const TELLING = new Set([
  'prefix', 'delimiter', 'marker', 'end_marker', 'limit', 'format', 'path', 'reverse', 'multipart-manifest', 'symlink', 'version-id', 'versions', 'bulk-delete', 'extract-archive',
  'list-type', 'max-keys', 'start-after', 'key-marker', 'version-id-marker', 'versionId', 'uploadId', 'partNumber', 'encoding-type', 'max-parts', 'part-number-marker',
]);

/** A query as it may be logged: signatures, keys, tokens and whatever else is not known to be harmless are left out. */
export function harmlessQuery(rawQuery: string): string {
  if (rawQuery === '') return '';
  return rawQuery.split('&').map((pair) => {
    const name = pair.split('=', 1)[0] ?? '';
    return pair.length === name.length || TELLING.has(name) ? pair : `${name}=***`;
  }).join('&');
}
