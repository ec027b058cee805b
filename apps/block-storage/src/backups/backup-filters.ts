import { isTrue } from '@virga/contract';
import { fragment, identifier, type Fragment, type KeysetColumn } from '@virga/persistence';
import { isUuid, Invalid, ownEntry } from '@virga/kernel';
import { offsetPage, type OffsetPage, type PageQuery } from '../wire/index.js';

export type BackupQuery = PageQuery & Readonly<Record<string, unknown>>;

const SORT_COLUMNS: Readonly<Record<string, Pick<KeysetColumn, 'column' | 'isNullable'>>> = {
  created_at: { column: 'b.created_at' }, updated_at: { column: 'b.updated_at', isNullable: true }, id: { column: 'b.id' }, name: { column: 'b.name', isNullable: true },
  status: { column: 'b.status' }, size: { column: 'b.size_gibibytes' }, volume_id: { column: 'b.volume_id' }, project_id: { column: 'b.project_id' },
};

const TEXT_COLUMNS: Readonly<Record<string, string>> = { name: 'b.name', status: 'b.status' };
const ID_COLUMNS: Readonly<Record<string, string>> = { id: 'b.id', volume_id: 'b.volume_id', snapshot_id: 'b.snapshot_id' };

export function backupPageOf(query: BackupQuery): OffsetPage {
  return offsetPage(query, { sortable: Object.keys(SORT_COLUMNS), defaultSort: [{ key: 'created_at', direction: 'desc' }] });
}

/** The columns of an order; the id makes it total. */
export function backupOrder({ sort }: OffsetPage): KeysetColumn[] {
  const columns = sort.flatMap(({ key, direction }): KeysetColumn[] => (SORT_COLUMNS[key] === undefined ? [] : [{ ...SORT_COLUMNS[key], direction }]));
  const byId = columns.findIndex(({ column }) => column === 'b.id');
  return byId >= 0 ? columns.slice(0, byId + 1) : [...columns, { column: 'b.id', direction: sort.at(-1)?.direction ?? 'desc' }];
}

export function isForAllProjects(query: BackupQuery): boolean {
  return isTrue(textOf(query['all_tenants'])) === true;
}

/** Which backups are meant, over `backup b`; `project` undefined is everybody's. `name~` means "contains" (since 3.34). Throws `Invalid`. */
export function backupConditions(query: BackupQuery, project: string | undefined): Fragment[] {
  const conditions = [fragment`b.deleted_at IS NULL`, ...(project === undefined ? [] : [fragment`b.project_id = ${project}`])];
  for (const [name, value] of Object.entries(query)) {
    const text = textOf(value);
    const isLike = name.endsWith('~');
    const key = isLike ? name.slice(0, -1) : name;
    if (text === undefined) continue;
    const [textColumn, idColumn] = [ownEntry(TEXT_COLUMNS, key), ownEntry(ID_COLUMNS, key)];
    if (textColumn !== undefined) conditions.push(textCondition(textColumn, text, isLike));
    if (idColumn !== undefined) conditions.push(fragment`${identifier(idColumn)} = ${requireUuid(key, text)}`);
  }
  return conditions;
}

function textCondition(column: string, text: string, isLike: boolean): Fragment {
  return isLike ? fragment`strpos(${identifier(column)}, ${text}) > 0` : fragment`${identifier(column)} = ${text}`;
}

/** What is no id matches nothing: an id that cannot be. */
function requireUuid(name: string, text: string): string {
  if (!isUuid(text)) throw new Invalid('block-storage.backup.filter', `Invalid filter: ${name} must be a UUID, not '${text.slice(0, 64)}'.`);
  return text;
}

function textOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return first === undefined ? undefined : String(first);
}
