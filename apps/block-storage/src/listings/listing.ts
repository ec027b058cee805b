import { isTrue } from '@virga/contract';
import { Invalid, type SortKey } from '@virga/kernel';
import { offsetPage, type PageQuery } from '../wire/index.js';

/** One filter of a list: `status=error`, or `name~=web`, which also matches parts. */
export interface ListFilter {
  key: string;
  value: string;
  isLike: boolean;
}

/** What a caller asks of a list. */
export interface Listing {
  limit: number;
  offset: number;
  marker: string | undefined;
  sort: readonly SortKey[];
  filters: readonly ListFilter[];
  /** Of all projects, for those who may. */
  isForAll: boolean;
  /** Whether the reply says how many there are in all. */
  isCounted: boolean;
}

export interface ListingRules {
  sortKeys: readonly string[];
  /** What callers without special rights may filter by; `name~` is both `name` and, where `~` is known, a part of it. */
  filters: readonly string[];
  /** Whether `key~` matches parts: since 3.34. */
  knowsLike: boolean;
  /** Whether filters that are not allowed are refused (since 3.31) or ignored. */
  isStrict: boolean;
  /** Whether the caller may filter by anything and see all projects. */
  isAdmin: boolean;
  /** Query parameters that are no filters, besides those of every list. */
  ownParameters?: readonly string[];
}

type Query = PageQuery & Readonly<Record<string, unknown>>;

const PARAMETERS = ['limit', 'offset', 'marker', 'sort', 'sort_key', 'sort_dir', 'all_tenants', 'with_count'];

/** Reads a list's query (block storage API v3: "Pagination", "Sorting", `resource_filters`); throws `Invalid`. */
export function listingOf(query: Query, rules: ListingRules): Listing {
  const { limit, offset, marker, sort } = offsetPage(query, { sortable: rules.sortKeys, defaultSort: [{ key: 'created_at', direction: 'desc' }] });
  const isAsked = (name: string): boolean => isTrue(last(query[name])) === true || last(query[name]) === '';
  return {
    limit, offset, marker, sort, filters: filtersOf(query, rules),
    isForAll: rules.isAdmin && query['all_tenants'] !== undefined && isTrue(last(query['all_tenants'])) !== false,
    isCounted: isAsked('with_count'),
  };
}

/** Of a filter that came several times, the last counts. */
export function last(value: unknown): string | undefined {
  const one = Array.isArray(value) ? value.at(-1) : value;
  return one === undefined || one === null ? undefined : String(one);
}

function filtersOf(query: Query, { filters: allowed, knowsLike, isStrict, isAdmin, ownParameters = [] }: ListingRules): ListFilter[] {
  const notFilters = new Set([...PARAMETERS, ...ownParameters]);
  const given = Object.keys(query).filter((key) => !notFilters.has(key) && query[key] !== undefined).map((name) => {
    const isLike = knowsLike && name.endsWith('~');
    return { name, key: isLike ? name.slice(0, -1) : name, value: last(query[name]) ?? '', isLike };
  });
  const isAllowed = ({ key, isLike }: ListFilter): boolean => allowed.includes(`${key}~`) || (!isLike && allowed.includes(key));
  const refused = isAdmin ? [] : given.filter((filter) => !isAllowed(filter));
  if (isStrict && refused.length > 0) {
    const names = refused.map(({ name }) => name.slice(0, 60)).join(',');
    throw new Invalid('request.filter.unknown', `Invalid filters ${names} are found in query options.`);
  }
  return given.filter((filter) => !refused.includes(filter)).map(({ key, value, isLike }) => ({ key, value, isLike }));
}
