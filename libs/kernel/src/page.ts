/** One key of an ordering; every total order ends in the id. */
export interface SortKey {
  key: string;
  direction: 'asc' | 'desc';
}

/** Which part of a list is wanted: at most `limit` entries after the entry whose id is `marker`. */
export interface PageRequest {
  limit: number;
  marker?: string;
  sort: SortKey[];
}
