import { isTrue, isWithin, type VersionNumber } from '@virga/contract';
import { transfers as contract } from '@virga/contracts-block-storage';
import type { KeysetColumn } from '@virga/persistence';
import { offsetPage, type PageQuery } from '../wire/index.js';
import type { TransferList } from './transfers.repository.js';

const COLUMNS: Readonly<Record<string, Pick<KeysetColumn, 'column' | 'isNullable'>>> = {
  id: { column: 't.id' }, created_at: { column: 't.created_at' }, name: { column: 't.name', isNullable: true }, display_name: { column: 't.name', isNullable: true },
  volume_id: { column: 't.volume_id' },
};

type Query = PageQuery & { all_tenants?: string | string[]; name?: string | string[] };

/** Reads a list's page; before 3.59 lists knew neither marker nor order, and began with the oldest transfer. */
export function transferListOf(query: Query, version: VersionNumber): Omit<TransferList, 'projectId'> & { isOfAll: boolean } {
  const isPaged = isWithin(version, { since: contract.TRANSFER_PAGES_SINCE });
  const { limit, offset } = query;
  const asked = isPaged ? query : { ...(limit !== undefined && { limit }), ...(offset !== undefined && { offset }) };
  const page = offsetPage(asked, { sortable: Object.keys(COLUMNS), defaultSort: [{ key: 'created_at', direction: isPaged ? 'desc' : 'asc' }] });
  return {
    isOfAll: isTrue([query.all_tenants].flat()[0]) ?? false, name: [query.name].flat()[0],
    limit: page.limit, offset: page.offset, marker: page.marker, sort: totalOrder(page.sort),
  };
}

function totalOrder(sort: readonly { key: string; direction: 'asc' | 'desc' }[]): KeysetColumn[] {
  const columns = sort.flatMap(({ key, direction }): KeysetColumn[] => (COLUMNS[key] === undefined ? [] : [{ ...COLUMNS[key], direction }]));
  const last = columns.findIndex(({ column }) => column === 't.id');
  return last >= 0 ? columns.slice(0, last + 1) : [...columns, { column: 't.id', direction: columns.at(-1)?.direction ?? 'asc' }];
}
