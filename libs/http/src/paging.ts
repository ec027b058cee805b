import type { RequestFacts } from '@virga/contract';
import { Invalid, type PageRequest, type SortKey } from '@virga/kernel';

export interface PageRules {
  /** The most that one page holds, and what a request without `limit` gets. */
  maxLimit: number;
  /** Keys that callers may sort by. */
  sortable: readonly string[];
  defaultSort: readonly SortKey[];
  /** For a key without one: Nova and Cinder sort downwards, Neutron upwards. */
  defaultDirection: 'asc' | 'desc';
  /** Unknown sort keys are ignored (Nova) instead of refused. */
  ignoresUnknownKeys?: boolean;
}

interface PageQuery {
  limit?: number | string | undefined;
  marker?: string | undefined;
  sort_key?: string | string[] | undefined;
  sort_dir?: string | string[] | undefined;
  /** `key:dir,key:dir` (api-wg sorting guideline). */
  sort?: string | undefined;
}

/** Reads `limit`, `marker`, `sort_key`, `sort_dir` and `sort` (api-wg pagination and sorting guidelines). Throws `Invalid`. */
export function pageRequest(query: PageQuery, rules: PageRules): PageRequest {
  return {
    limit: limitOf(query.limit, rules.maxLimit),
    ...(query.marker !== undefined && query.marker !== '' && { marker: query.marker }),
    sort: sortOf(query, rules),
  };
}

function limitOf(limit: number | string | undefined, most: number): number {
  if (limit === undefined) return most;
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 0) throw new Invalid('request.limit', `limit must be a whole number of 0 or more, not '${String(limit).slice(0, 40)}'.`);
  return count === 0 ? most : Math.min(count, most);
}

function sortOf(query: PageQuery, rules: PageRules): SortKey[] {
  const keys = query.sort === undefined ? pairs(query) : query.sort.split(',').map((entry) => entry.split(':', 2) as [string, string | undefined]);
  const sort = keys.flatMap(([key, direction = rules.defaultDirection]) => {
    if (direction !== 'asc' && direction !== 'desc') throw new Invalid('request.sort.direction', `A sort direction is 'asc' or 'desc', not '${direction.slice(0, 40)}'.`);
    if (rules.sortable.includes(key)) return [{ key, direction } satisfies SortKey];
    if (rules.ignoresUnknownKeys === true) return [];
    throw new Invalid('request.sort.key', `Lists cannot be sorted by '${key.slice(0, 60)}'; use one of: ${rules.sortable.join(', ')}.`);
  });
  return sort.length > 0 ? sort : [...rules.defaultSort];
}

function pairs(query: PageQuery): [string, string | undefined][] {
  const keys = [query.sort_key ?? []].flat();
  const directions = [query.sort_dir ?? []].flat();
  return keys.map((key, index) => [key, directions[index] ?? directions[0]]);
}

/** The URL of this request with another marker: the `next` link of a full page. */
export function nextPageUrl(request: RequestFacts, marker: string): string {
  const url = new URL(request.url, 'http://placeholder');
  url.searchParams.set('marker', marker);
  return `${request.baseUrl}${url.pathname}${url.search}`;
}

export function selfUrl(request: RequestFacts): string {
  return request.baseUrl + request.url;
}
