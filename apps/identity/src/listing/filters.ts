import { isTrue } from '@virga/contract';
import { ownEntry } from '@virga/kernel';
import { fragment, identifier, type Fragment } from '@virga/persistence';

/** A query string as it was checked: single values, or lists where a name came more than once. */
export type Query = Readonly<Record<string, unknown>>;

type Comparison = (column: Fragment, text: string) => Fragment;

const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');

/** The comparisons of the identity API: `name__contains=x`; with an `i` they ignore case. */
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  equals: (column, text) => fragment`${column} = ${text}`,
  iequals: (column, text) => fragment`lower(${column}) = lower(${text})`,
  contains: (column, text) => fragment`${column} LIKE ${`%${escaped(text)}%`}`,
  icontains: (column, text) => fragment`${column} ILIKE ${`%${escaped(text)}%`}`,
  startswith: (column, text) => fragment`${column} LIKE ${`${escaped(text)}%`}`,
  istartswith: (column, text) => fragment`${column} ILIKE ${`${escaped(text)}%`}`,
  endswith: (column, text) => fragment`${column} LIKE ${`%${escaped(text)}`}`,
  iendswith: (column, text) => fragment`${column} ILIKE ${`%${escaped(text)}`}`,
};

/** Conditions for text attributes, exact or by comparison; `columns` maps the API's names to the statement's. Unknown names are ignored. */
export function textFilters(query: Query, columns: Readonly<Record<string, string>>): Fragment[] {
  return Object.entries(query).flatMap(([key, value]) => {
    const [attribute = '', comparison = 'equals'] = key.split('__', 2);
    const column = ownEntry(columns, attribute);
    const compare = ownEntry(COMPARISONS, comparison);
    return column === undefined || compare === undefined ? [] : [value].flat().map((text) => compare(identifier(column), String(text)));
  });
}

/** The condition for a boolean attribute; a name without a value means true, as in the identity API (`?enabled`). */
export function booleanFilter(query: Query, name: string, column: string): Fragment[] {
  const value = query[name];
  if (value === undefined) return [];
  const wanted = value === '' ? true : isTrue(String(value));
  return wanted === undefined ? [] : [fragment`${identifier(column)} = ${wanted}`];
}

/** A flag of the query string: given and neither `0` nor `false`. */
export function isFlagged(query: Query, name: string): boolean {
  const value = query[name];
  return value !== undefined && isTrue(String(value)) !== false;
}

/** A text of the query string, the last where it came more than once. */
export function textOf(query: Query, name: string): string | undefined {
  const value = [query[name]].flat().at(-1);
  return value === undefined || value === null ? undefined : String(value);
}
