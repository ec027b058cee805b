import type { KeysetColumn } from '@virga/persistence';
import { offsetPage, type OffsetPage, type PageQuery } from '../../wire/index.js';

/** A list's query: parameters by name, each once or several times. */
export type ListQuery = PageQuery & Readonly<Record<string, unknown>>;

/** What lists can be sorted by, and the columns of `v` and `t` that it means. */
const SORT_COLUMNS: Readonly<Record<string, Pick<KeysetColumn, 'column' | 'isNullable'>>> = {
  created_at: { column: 'v.created_at' }, updated_at: { column: 'v.updated_at', isNullable: true }, id: { column: 'v.id' }, uuid: { column: 'v.id' },
  name: { column: 'v.name', isNullable: true }, display_name: { column: 'v.name', isNullable: true }, size: { column: 'v.size_gibibytes' },
  status: { column: 'v.status' }, availability_zone: { column: 'v.availability_zone' }, bootable: { column: 'v.is_bootable' },
  host: { column: 'v.backend', isNullable: true }, project_id: { column: 'v.project_id' },
};

/** Reads the page and its order. */
export function pageOf(query: ListQuery): OffsetPage {
  return offsetPage(query, { sortable: Object.keys(SORT_COLUMNS), defaultSort: [{ key: 'created_at', direction: 'desc' }] });
}

/** The columns of an order; the id makes it total. */
export function sortColumns({ sort }: OffsetPage): KeysetColumn[] {
  const columns = sort.flatMap(({ key, direction }): KeysetColumn[] => (SORT_COLUMNS[key] === undefined ? [] : [{ ...SORT_COLUMNS[key], direction }]));
  const last = columns.findIndex(({ column }) => column === 'v.id');
  return last >= 0 ? columns.slice(0, last + 1) : [...columns, { column: 'v.id', direction: sort.at(-1)?.direction ?? 'desc' }];
}
