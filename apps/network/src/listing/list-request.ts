import { Invalid } from '@virga/kernel';

/** A list's query, read but not yet matched with what the collection has. */
export interface ListRequest {
  /** Undefined: all of them, as Neutron answers without a limit. */
  limit: number | undefined;
  marker: string | undefined;
  isReversed: boolean;
  sort: { key: string; direction: 'asc' | 'desc' }[];
  /** Wire names of the attributes that are wanted; empty means all. */
  fields: ReadonlySet<string>;
  /** By wire name: the values of which one must match. */
  filters: ReadonlyMap<string, readonly string[]>;
}

const RESERVED = new Set(['limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir', 'fields']);

type Query = Readonly<Record<string, unknown>>;

/** Reads Neutron's list parameters (API v2.0, "Filtering and column selection", "Pagination", "Sorting"). Throws `Invalid`. */
export function listRequest(query: Query): ListRequest {
  const filters = Object.entries(query).filter(([name]) => !RESERVED.has(name)).map(([name, value]) => [name, texts(value)] as const);
  return {
    limit: limitOf(texts(query['limit']).at(-1)),
    marker: texts(query['marker']).at(-1) || undefined,
    isReversed: /^(true|1|yes|on|t|y)$/i.test(texts(query['page_reverse']).at(-1) ?? ''),
    sort: sortOf(texts(query['sort_key']), texts(query['sort_dir'])),
    fields: fieldsOf(query),
    filters: new Map(filters),
  };
}

/** The attributes that a show or list asks for; empty means all. */
export function fieldsOf(query: Query | undefined): ReadonlySet<string> {
  return new Set(texts(query?.['fields']).flatMap((field) => field.split(',')).filter((field) => field !== ''));
}

function texts(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const limit = Number(text);
  if (!/^\d{1,9}$/.test(text)) throw new Invalid('network.list.limit', `Limit must be an integer of 0 or more, not '${text.slice(0, 40)}'.`);
  return limit === 0 ? undefined : limit;
}

function sortOf(keys: readonly string[], directions: readonly string[]): ListRequest['sort'] {
  if (directions.length > 0 && directions.length !== keys.length) {
    throw new Invalid('network.list.sort', 'The number of sort_keys and sort_dirs must be the same.');
  }
  return keys.map((key, index) => {
    const direction = directions[index] ?? 'asc';
    if (direction !== 'asc' && direction !== 'desc') throw new Invalid('network.list.sort', `A sort_dir is asc or desc, not '${direction.slice(0, 40)}'.`);
    return { key, direction };
  });
}
