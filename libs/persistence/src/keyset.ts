import { Bug } from '@virga/kernel';
import { Fragment, type SqlValue, all, fragment, identifier, join } from './sql.js';

/** One key of a list's order, as a column of the query. */
export interface KeysetColumn {
  /** With its alias where the query has several tables: `s.created_at`. */
  column: string;
  direction: 'asc' | 'desc';
  /** Whether the column may be NULL; NULL is less than every value, as in the databases OpenStack usually runs on. */
  isNullable?: boolean;
}

/** The parts of a paged list's statement: `WHERE … AND ${after} ORDER BY ${order} LIMIT …`. */
export interface Keyset {
  /** True of the rows that come after the marker; of all rows where there is no marker. */
  after: Fragment;
  order: Fragment;
}

/**
 * Orders a list by `columns` and starts it after the marker's row.
 *
 * The last column must be unique (the id): only a total order neither repeats nor skips rows. `marker` has the marker
 * row's value for each column, in their order; a fragment may stand for a value (see `markerValues`). Columns come from
 * our code: map what a client asks to sort by to a column first.
 */
export function keyset(columns: readonly KeysetColumn[], marker?: readonly SqlValue[]): Keyset {
  if (columns.length === 0 || columns.at(-1)?.isNullable === true) {
    throw new Bug('keyset.order', 'A total order ends in a column that is never NULL.');
  }
  if (marker !== undefined && marker.length !== columns.length) throw new Bug('keyset.marker', 'A marker has one value for each column.');
  return { order: join(columns.map(ordered), ', '), after: marker === undefined ? all([]) : afterMarker(columns, marker) };
}

/**
 * The marker's values as PostgreSQL has them, for `keyset`: `markerValues('server', columns, { id })`.
 *
 * Read inside the statement because a Date has milliseconds only: a `timestamptz` that went through one is not equal to
 * itself any more. Where there is no such row no row comes after it; ask first, to answer 400 or 404.
 */
export function markerValues(table: string, columns: readonly KeysetColumn[], { id }: { id: string }): Fragment[] {
  return columns.map(({ column }) => {
    const name = identifier(`marker.${column.split('.').at(-1)}`);
    return fragment`(SELECT ${name} FROM ${identifier(table)} AS marker WHERE marker.id = ${id})`;
  });
}

/** The same order from the other end, for pages that lead back; the page must be reversed again afterwards. */
export function reversed(columns: readonly KeysetColumn[]): KeysetColumn[] {
  return columns.map((column) => ({ ...column, direction: column.direction === 'asc' ? 'desc' : 'asc' }));
}

/** NULLS is said only where it matters: an index serves an order only if both place NULL alike. */
function ordered({ column, direction, isNullable }: KeysetColumn): Fragment {
  const name = identifier(column);
  if (isNullable !== true) return direction === 'asc' ? fragment`${name} ASC` : fragment`${name} DESC`;
  return direction === 'asc' ? fragment`${name} ASC NULLS FIRST` : fragment`${name} DESC NULLS LAST`;
}

function afterMarker(columns: readonly KeysetColumn[], marker: readonly SqlValue[]): Fragment {
  return isUniform(columns) ? afterRow(columns, marker) : afterSteps(columns, marker);
}

function isUniform(columns: readonly KeysetColumn[]): boolean {
  return columns.every((column) => column.isNullable !== true && column.direction === columns[0]?.direction);
}

/** One comparison of rows, which a single index answers from its middle. */
function afterRow(columns: readonly KeysetColumn[], marker: readonly SqlValue[]): Fragment {
  const names = join(columns.map(({ column }) => identifier(column)), ', ');
  const values = join(marker.map((value) => fragment`${value}`), ', ');
  return columns[0]?.direction === 'asc' ? fragment`(${names}) > (${values})` : fragment`(${names}) < (${values})`;
}

/** Later in the first column, or equal there and later in the second, and so on. */
function afterSteps(columns: readonly KeysetColumn[], marker: readonly SqlValue[]): Fragment {
  const steps = columns.map((column, index) => all([
    ...columns.slice(0, index).map((before, at) => same(before, marker[at] ?? null)),
    later(column, marker[index] ?? null),
  ]));
  return fragment`(${join(steps, ' OR ')})`;
}

function same({ column, isNullable }: KeysetColumn, value: SqlValue): Fragment {
  const name = identifier(column);
  if (value === null) return fragment`${name} IS NULL`;
  return isNullable === true ? fragment`${name} IS NOT DISTINCT FROM ${value}` : fragment`${name} = ${value}`;
}

function later(column: KeysetColumn, value: SqlValue): Fragment {
  const name = identifier(column.column);
  if (column.isNullable === true) return laterOrNull(name, column.direction, value);
  return column.direction === 'asc' ? fragment`${name} > ${value}` : fragment`${name} < ${value}`;
}

function laterOrNull(name: Fragment, direction: KeysetColumn['direction'], value: SqlValue): Fragment {
  if (value === null) return direction === 'asc' ? fragment`${name} IS NOT NULL` : fragment`FALSE`;
  if (!(value instanceof Fragment)) return direction === 'asc' ? fragment`${name} > ${value}` : fragment`(${name} < ${value} OR ${name} IS NULL)`;
  if (direction === 'asc') return fragment`(${name} > ${value} OR (${name} IS NOT NULL AND ${value} IS NULL))`;
  return fragment`(${name} < ${value} OR (${name} IS NULL AND ${value} IS NOT NULL))`;
}
