import { isTrue } from '@virga/contract';
import { Invalid, type NotFound } from '@virga/kernel';
import { all, fragment, identifier, keyset, nothing, reversed, type Fragment, type KeysetColumn, type Reader, type SqlValue } from '@virga/persistence';
import { canonicalIp } from '../addresses/index.js';
import type { ListRequest } from './list-request.js';

/** How the text of a query is compared with a column. */
export type FilterKind = 'text' | 'nullable-text' | 'boolean' | 'integer' | 'ip' | 'members';

/** A filter of its own making: a condition on `v`, the row, from the values given. */
export type Condition = (values: readonly string[]) => Fragment;

/** One kind of resource as lists see it. */
export interface Collection {
  /** A query of one row for each resource, with every column that views, filters and sorting need; its alias will be `v`. */
  source: Fragment;
  /** By wire name: the column of `v` (where it has another name) and how it is compared. */
  filters: Readonly<Record<string, FilterKind | { column: string; kind: FilterKind } | Condition>>;
  /** By wire name, the columns to sort by. */
  sortable: Readonly<Record<string, { column: string; isNullable?: boolean }>>;
  notFound: (id: string) => NotFound;
}

/** The rows of one page, in the order asked for; at most two statements, whatever the length. */
export async function listRows<Row extends object>(
  reader: Reader, collection: Collection, request: ListRequest, visible: Fragment,
): Promise<Row[]> {
  const columns = order(collection, request);
  const marker = request.marker === undefined ? undefined : await markerOf(reader, collection, columns, request.marker, visible);
  const page = keyset(request.isReversed ? reversed(columns) : columns, marker);
  const limit = request.limit === undefined ? nothing : fragment`LIMIT ${request.limit}`;
  const rows = await reader.sql<Row>`
    SELECT v.* FROM (${collection.source}) AS v
    WHERE ${visible} AND ${conditions(collection, request)} AND ${page.after}
    ORDER BY ${page.order} ${limit}`;
  return request.isReversed ? rows.reverse() : rows;
}

/** The row of one resource, whoever may see it; undefined where there is none. */
export async function findRow<Row extends object>(reader: Reader, collection: Collection, id: string): Promise<Row | undefined> {
  const [row] = await reader.sql<Row>`SELECT v.* FROM (${collection.source}) AS v WHERE v.id = ${id}`;
  return row;
}

/** The rows of these resources, in their order; what does not exist is left out. */
export async function findRows<Row extends { id: string }>(reader: Reader, collection: Collection, ids: readonly string[]): Promise<Row[]> {
  const rows = await reader.sql<Row>`SELECT v.* FROM (${collection.source}) AS v WHERE v.id = ANY(${ids})`;
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Values of the marker's row, as PostgreSQL has them: a time that went through a Date would be a different one. */
async function markerOf(
  reader: Reader, collection: Collection, columns: readonly KeysetColumn[], id: string, visible: Fragment,
): Promise<SqlValue[]> {
  const values = columns.map(({ column }) => fragment`(${identifier(column)})::text`);
  const list = values.reduce((joined, value) => fragment`${joined}, ${value}`);
  const [row] = await reader.sql<{ marker: (string | null)[] }>`
    SELECT ARRAY[${list}] AS marker FROM (${collection.source}) AS v WHERE v.id = ${id} AND ${visible}`;
  if (row === undefined) throw collection.notFound(id);
  return row.marker;
}

function order(collection: Collection, request: ListRequest): KeysetColumn[] {
  const asked = request.sort.map(({ key, direction }): KeysetColumn => {
    const sortable = Object.hasOwn(collection.sortable, key) ? collection.sortable[key] : undefined;
    if (sortable === undefined) throw new InvalidInput(`Invalid input for operation: ${key.slice(0, 60)} is invalid attribute for sort_key.`);
    return { column: `v.${sortable.column}`, direction, ...(sortable.isNullable === true && { isNullable: true }) };
  });
  const beforeId = asked.findIndex(({ column }) => column === 'v.id');
  if (beforeId >= 0) return asked.slice(0, beforeId + 1);
  return [...asked, { column: 'v.id', direction: 'asc' }];
}

function conditions(collection: Collection, request: ListRequest): Fragment {
  return all([...request.filters].map(([name, values]) => {
    const tags = tagCondition(name, values);
    if (tags !== undefined) return tags;
    const filter = Object.hasOwn(collection.filters, name) ? collection.filters[name] : undefined;
    if (filter === undefined) throw new InvalidInput(`Invalid input for operation: [${name.slice(0, 60)}] is invalid attribute for filtering.`);
    if (typeof filter === 'function') return filter(values);
    const { column, kind } = typeof filter === 'string' ? { column: name, kind: filter } : filter;
    return comparison(identifier(`v.${column}`), kind, values, name);
  }));
}

/** Extension standard-attr-tag: `tags` all of, `tags-any` one of, and the opposites. */
function tagCondition(name: string, values: readonly string[]): Fragment | undefined {
  const tags = values.flatMap((value) => value.split(','));
  switch (name) {
    case 'tags': return fragment`v.tags @> ${tags}::text[]`;
    case 'tags-any': return fragment`v.tags && ${tags}::text[]`;
    case 'not-tags': return fragment`NOT v.tags @> ${tags}::text[]`;
    case 'not-tags-any': return fragment`NOT v.tags && ${tags}::text[]`;
    default: return undefined;
  }
}

function comparison(column: Fragment, kind: FilterKind, values: readonly string[], name: string): Fragment {
  switch (kind) {
    case 'text': return fragment`${column} = ANY(${values}::text[])`;
    case 'nullable-text': return fragment`coalesce(${column}::text, '') = ANY(${values}::text[])`;
    case 'boolean': return fragment`${column} = ANY(${values.map((value) => requireBoolean(name, value))}::boolean[])`;
    case 'integer': return fragment`${column} = ANY(${values.map((value) => requireInteger(name, value))}::bigint[])`;
    case 'ip': return fragment`coalesce(host(${column}), '') = ANY(${values.map((value) => canonicalIp(value) ?? value)}::text[])`;
    case 'members': return fragment`${column} && ${values}::text[]`;
  }
}

function requireBoolean(name: string, value: string): boolean {
  const truth = isTrue(value);
  if (truth === undefined) throw new InvalidInput(`Invalid input for operation: '${value.slice(0, 40)}' cannot be converted to boolean for ${name}.`);
  return truth;
}

function requireInteger(name: string, value: string): number {
  if (!/^-?\d{1,15}$/.test(value)) throw new InvalidInput(`Invalid input for operation: '${value.slice(0, 40)}' is not an integer for ${name}.`);
  return Number(value);
}

/** A request whose values make no sense, in Neutron's words. */
export class InvalidInput extends Invalid {
  constructor(message: string) {
    super('network.input.invalid', message);
  }
}
