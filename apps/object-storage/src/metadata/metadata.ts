/** Headers that are kept with a thing and sent back: names in lower case, user metadata and system headers alike. */
export type Metadata = Record<string, string>;

/** Headers to set; `undefined` removes one. */
export type MetadataChange = Record<string, string | undefined>;

/** `metadata` with the change made. */
export function changedMetadata(metadata: Metadata, change: MetadataChange): Metadata {
  const result = { ...metadata };
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) delete result[name];
    else result[name] = value;
  }
  return result;
}
