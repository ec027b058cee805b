import { isTrue } from '@virga/contract';
import { Invalid } from '@virga/kernel';
import { fragment, identifier, json, type Fragment, type KeysetColumn } from '@virga/persistence';
import { offsetPage, type OffsetPage, type PageQuery } from '../wire/index.js';

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

const one = (value: unknown): string | undefined => {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return first === undefined ? undefined : String(first);
};

export function wantsAllTenants(query: ListQuery): boolean {
  return query['all_tenants'] !== undefined && (isTrue(one(query['all_tenants'])) ?? false);
}

const EQUALS: Readonly<Record<string, string>> = {
  name: 'v.name', display_name: 'v.name', status: 'v.status', availability_zone: 'v.availability_zone', migration_status: 'v.migration_status',
};
const FLAGS: Readonly<Record<string, string>> = { bootable: 'v.is_bootable', multiattach: 'v.is_multiattach' };

/** Which volumes are meant, over `volume v JOIN volume_type t`; `project` undefined is everybody's. Throws `Invalid`. */
export function conditionsOf(query: ListQuery, { project }: { project: string | undefined }): Fragment[] {
  const conditions: Fragment[] = [fragment`v.deleted_at IS NULL`];
  if (project !== undefined) conditions.push(fragment`v.project_id = ${project}`);
  for (const [name, column] of Object.entries(EQUALS)) {
    const value = one(query[name]);
    if (value !== undefined) conditions.push(fragment`${identifier(column)} = ${value}`);
  }
  for (const [name, column] of Object.entries(FLAGS)) {
    const flag = one(query[name]);
    if (flag !== undefined) conditions.push(fragment`${identifier(column)} = ${isTrue(flag) ?? false}`);
  }
  const metadata = one(query['metadata']);
  if (metadata !== undefined) conditions.push(fragment`v.metadata @> ${json(mapOf(metadata))}::jsonb`);
  return conditions;
}

/** A map as clients write it: JSON, or as Python prints it. */
function mapOf(text: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text.replaceAll(/u?'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => JSON.stringify(inner)));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, string>;
  } catch {
    // Said below.
  }
  throw new Invalid('block-storage.volume.filter', `Invalid filter: metadata must be a map of keys and values, not '${text.slice(0, 60)}'.`);
}
