import { isTrue } from '@virga/contract';
import { isUuid } from '@virga/kernel';
import { fragment, identifier, json, keyset, markerValues, type Fragment, type Keyset, type KeysetColumn } from '@virga/persistence';
import type { ListFilter, Listing } from './listing.js';
import { textMapOf } from './text-map.js';

/** How a key of a list is kept: its column, and how texts are compared with it. */
export interface ListedColumn {
  column: string;
  as: 'text' | 'uuid' | 'integer' | 'boolean' | 'time' | 'map';
  isNullable?: boolean;
}

export type ListedColumns = Readonly<Record<string, ListedColumn>>;

/** The order of a list and where its page begins; the marker's row must exist. */
export function orderOf(table: string, alias: string, { sort, marker }: Pick<Listing, 'sort' | 'marker'>, columns: ListedColumns): Keyset {
  const keys: KeysetColumn[] = sort.flatMap(({ key, direction }) => {
    const found = columns[key];
    return found === undefined ? [] : [{ column: found.column, direction, ...(found.isNullable === true && { isNullable: true }) }];
  });
  const order: KeysetColumn[] = [...keys.filter(({ column }) => column !== `${alias}.id`), { column: `${alias}.id`, direction: keys.at(-1)?.direction ?? 'desc' }];
  const sortedById = keys.findIndex(({ column }) => column === `${alias}.id`);
  const total = sortedById === -1 ? order : keys.slice(0, sortedById + 1);
  return keyset(total, marker === undefined ? undefined : markerValues(table, total, { id: marker }));
}

/** What each filter demands; a key that no column stands for matches nothing, as ever. */
export function conditionsOf(filters: readonly ListFilter[], columns: ListedColumns): Fragment[] {
  return filters.map((filter) => {
    const column = Object.hasOwn(columns, filter.key) ? columns[filter.key] : undefined;
    return column === undefined ? fragment`FALSE` : conditionOf(column, filter);
  });
}

function conditionOf({ column, as }: ListedColumn, { value, isLike }: ListFilter): Fragment {
  const name = identifier(column);
  if (isLike && as === 'text') return fragment`${name} ILIKE ${`%${value.replaceAll(/[\\%_]/g, '\\$&')}%`}`;
  return comparisons[as](name, value) ?? fragment`FALSE`;
}

/** Undefined where the text cannot be a value of the kind: then nothing is equal to it. */
const comparisons: Readonly<Record<ListedColumn['as'], (name: Fragment, value: string) => Fragment | undefined>> = {
  text: (name, value) => fragment`${name} = ${value}`,
  uuid: (name, value) => (isUuid(value) ? fragment`${name} = ${value}::uuid` : undefined),
  integer: (name, value) => (/^\d{1,9}$/.test(value) ? fragment`${name} = ${Number(value)}` : undefined),
  boolean: (name, value) => {
    const wanted = isTrue(value);
    return wanted === undefined ? undefined : fragment`${name} = ${wanted}`;
  },
  time: (name, value) => (/^\d{4}-/.test(value) && !Number.isNaN(Date.parse(value)) ? fragment`${name} = ${new Date(Date.parse(value))}` : undefined),
  map: (name, value) => {
    const wanted = textMapOf(value);
    return wanted === undefined ? undefined : fragment`${name} @> ${json(wanted)}::jsonb`;
  },
};
