/** Which part of a list of names is wanted. Names are compared as bytes of UTF-8. */
export interface ListQuery {
  prefix?: string;
  /** Names that have it after the prefix are gathered into one `Subdir` up to and including it. */
  delimiter?: string;
  /** Only names after it; a `Subdir` that equals it is left out, one that begins before it is not. */
  marker?: string;
  /** Only names before it. */
  endMarker?: string;
  limit: number;
  /** From the last name to the first: `marker` is then the upper end and `endMarker` the lower. */
  isReversed?: boolean;
  /** Swift's pseudo-folder: the names directly in it, no Subdirs. Used instead of prefix and delimiter. */
  path?: string;
}

/** All names that begin with it, as one entry of a list. */
export interface Subdir {
  subdir: string;
}

export function isSubdir(entry: object): entry is Subdir {
  return 'subdir' in entry;
}
