import { isTrue, isWithin, type VersionNumber, type VersionText } from '@virga/contract';
import { resourceFilters } from '@virga/contracts-block-storage';
import { Invalid, isUuid, ownEntry } from '@virga/kernel';
import { type Fragment, type SqlValue, all, fragment, identifier, join, json } from '@virga/persistence';
import { pythonLiteral, type Literal } from './python-literal.js';

/** Query parameters as they came; those of paging and sorting are no filters. */
export type FilterQuery = Readonly<Record<string, unknown>>;

export interface FilterScope {
  version: VersionNumber;
  /** May filter by anything, and list the volumes of all projects. */
  isAdmin: boolean;
  projectId: string | undefined;
}

/** A filter that cannot be read, or that the caller may not use. */
class FilterInvalid extends Invalid {
  constructor(message: string) {
    super('block-storage.volume.filter', message);
  }
}

/** Behaviour of lists of volumes that changes with the version. */
const SINCE = {
  strictBooleans: '3.2', imageMetadata: '3.4', group: '3.10', strictFilters: '3.31', count: '3.45', times: '3.60', consumesQuota: '3.65',
} as const satisfies Record<string, VersionText>;

const NOT_FILTERS = new Set(['limit', 'marker', 'offset', 'sort', 'sort_key', 'sort_dir']);

/** Filters that older versions do not know, and pass over. */
const LATER: Readonly<Record<string, VersionText>> = {
  glance_metadata: SINCE.imageMetadata, group_id: SINCE.group, created_at: SINCE.times, updated_at: SINCE.times, consumes_quota: SINCE.consumesQuota,
};

interface Column {
  name: string;
  kind: 'text' | 'uuid' | 'number' | 'boolean' | 'time';
}

const text = (name: string): Column => ({ name: `v.${name}`, kind: 'text' });
const uuid = (name: string): Column => ({ name: `v.${name}`, kind: 'uuid' });
const truth = (name: string): Column => ({ name: `v.${name}`, kind: 'boolean' });
const moment = (name: string): Column => ({ name: `v.${name}`, kind: 'time' });

/** What a volume can be found by, with Cinder's names. */
const COLUMNS: Readonly<Record<string, Column>> = {
  id: uuid('id'), name: text('name'), display_name: text('name'), description: text('description'), display_description: text('description'),
  status: text('status'), migration_status: text('migration_status'), previous_status: text('previous_status'), size: { name: 'v.size_gibibytes', kind: 'number' },
  availability_zone: text('availability_zone'), user_id: text('user_id'), project_id: text('project_id'), volume_type_id: uuid('type_id'),
  snapshot_id: uuid('snapshot_id'), source_volid: uuid('source_volume_id'), group_id: uuid('group_id'), encryption_key_id: uuid('key_id'),
  bootable: truth('is_bootable'), multiattach: truth('is_multiattach'), consumes_quota: truth('consumes_quota'), use_quota: truth('consumes_quota'),
  created_at: moment('created_at'), updated_at: moment('updated_at'), launched_at: moment('launched_at'), terminated_at: moment('terminated_at'),
};

/** True of no volume: what Cinder answers to filters by what it does not know. */
const NEVER = fragment`FALSE`;

/** The conditions of a list of volumes (alias `v`). Throws `Invalid` in Cinder's words. */
export function volumeConditions(query: FilterQuery, scope: FilterScope): Fragment[] {
  const filters = allowedFilters(given(query, scope.version), scope);
  const isOfAll = wantsAllProjects(filters, scope);
  return [
    fragment`v.deleted_at IS NULL`,
    ...(isOfAll ? [] : [fragment`v.project_id = ${scope.projectId ?? ''}`]),
    ...[...filters].filter(([key]) => key !== 'all_tenants').map(([key, value]) => condition(key, value, scope.version)),
  ];
}

/** Whether the list is to say how many volumes there are beyond its page: `with_count`, since 3.45. */
export function wantsCount(query: FilterQuery, version: VersionNumber): boolean {
  const value = firstText(query['with_count']);
  if (value === undefined || !isWithin(version, { since: SINCE.count })) return false;
  return isTrue(value) ?? refuseBoolean('with_count', value);
}

function given(query: FilterQuery, version: VersionNumber): Map<string, string> {
  const isCountKnown = isWithin(version, { since: SINCE.count });
  const entries = Object.entries(query).flatMap(([key, value]) => {
    const first = firstText(value);
    if (first === undefined || NOT_FILTERS.has(key) || (key === 'with_count' && isCountKnown)) return [];
    const since = ownEntry(LATER, key);
    return since !== undefined && !isWithin(version, { since }) ? [] : [[key, first] as const];
  });
  return new Map(entries);
}

function allowedFilters(filters: Map<string, string>, { version, isAdmin }: FilterScope): Map<string, string> {
  if (isAdmin) return filters;
  const unknown = [...filters.keys()].filter((key) => !isOpen(key));
  // Clients say `all_tenants` whoever they work for; it means nothing where it is not allowed.
  const refused = unknown.filter((key) => key !== 'all_tenants');
  if (refused.length > 0 && isWithin(version, { since: SINCE.strictFilters })) {
    throw new FilterInvalid(`Invalid filters ${refused.join(',').slice(0, 200)} are found in query options.`);
  }
  return new Map([...filters].filter(([key]) => isOpen(key)));
}

function isOpen(key: string): boolean {
  const open = resourceFilters.RESOURCE_FILTERS['volume'] ?? [];
  return open.includes(key) || open.includes(`${key}~`);
}

function wantsAllProjects(filters: ReadonlyMap<string, string>, { isAdmin }: FilterScope): boolean {
  const value = filters.get('all_tenants');
  if (!isAdmin || value === undefined) return false;
  return isTrue(value) ?? refuseBoolean('all_tenants', value);
}

/** Filters that compare more than one column with one value. */
const SPECIAL: Readonly<Record<string, (value: string) => Fragment>> = {
  metadata: (value) => entries(value, (entry) => fragment`(v.metadata @> ${entry} OR v.admin_metadata @> ${entry})`),
  glance_metadata: (value) => entries(value, (entry) => fragment`v.image_metadata @> ${entry}`),
  host: onHost,
  created_at: (value) => inTime('created_at', value),
  updated_at: (value) => inTime('updated_at', value),
};

function condition(key: string, value: string, version: VersionNumber): Fragment {
  const special = ownEntry(SPECIAL, key);
  if (special !== undefined) return special(value);
  const column = columnOf(key.endsWith('~') ? key.slice(0, -1) : key);
  if (column === undefined) return NEVER;
  if (key.endsWith('~')) return like(column, value);
  if (column.kind === 'boolean') return fragment`${identifier(column.name)} = ${booleanOf(key, value, version)}`;
  // A name is taken as it stands, also where it looks like something else.
  const literal = column.name === 'v.name' ? value : pythonLiteral(value);
  return matching(column, literal === undefined ? value : literal);
}

function columnOf(key: string): Column | undefined {
  return ownEntry(COLUMNS, key);
}

/** Each entry that is asked for, of those that users set and those that Cinder shows beside them. */
function entries(value: string, has: (entry: SqlValue) => Fragment): Fragment {
  const wanted = pythonLiteral(value);
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return NEVER;
  return all(Object.entries(wanted).map(([key, entry]) => has(json({ [key]: typeof entry === 'object' ? JSON.stringify(entry) : String(entry) }))));
}

/** A host has backends and a backend a pool: each of the three names all that is below it. */
function onHost(value: string): Fragment {
  const backend = value.split('#')[0] ?? '';
  return fragment`(v.backend = ${backend} OR starts_with(v.backend, ${`${backend}@`}))`;
}

function like(column: Column, value: string): Fragment {
  return fragment`${identifier(column.name)}::text LIKE ${`%${value.replace(/[\\%_]/g, '\\$&')}%`}`;
}

function matching(column: Column, wanted: Literal): Fragment {
  if (wanted === null) return fragment`${identifier(column.name)} IS NULL`;
  if (!Array.isArray(wanted)) return typeof wanted === 'object' ? NEVER : equal(column, wanted);
  const choices = wanted.filter((entry): entry is string | number | boolean => typeof entry !== 'object');
  return choices.length === 0 ? NEVER : fragment`(${join(choices.map((entry) => equal(column, entry)), ' OR ')})`;
}

function equal({ name, kind }: Column, wanted: string | number | boolean): Fragment {
  const column = identifier(name);
  if (kind === 'number') return isSmallWhole(wanted) ? fragment`${column} = ${Number(wanted)}` : NEVER;
  if (kind === 'uuid') return isUuid(String(wanted)) ? fragment`${column} = ${String(wanted)}` : NEVER;
  if (kind === 'time') return fragment`date_trunc('second', ${column}) = ${timeOf(String(wanted))}`;
  return fragment`${column} = ${String(wanted)}`;
}

function isSmallWhole(value: string | number | boolean): boolean {
  return /^\d{1,9}$/.test(String(value));
}

/** Before 3.2 every word but "false" meant yes. */
function booleanOf(key: string, value: string, version: VersionNumber): boolean {
  if (!isWithin(version, { since: SINCE.strictBooleans })) return value !== '' && !['False', 'false', 'FALSE'].includes(value);
  const answer = isTrue(value.trim());
  if (answer === undefined) throw new FilterInvalid(`Invalid input received: '${key} = ${value.slice(0, 60)}'`);
  return answer;
}

const OPERATORS: Readonly<Record<string, (column: Fragment, time: Date) => Fragment>> = {
  gt: (column, time) => fragment`${column} > ${time}`,
  gte: (column, time) => fragment`${column} >= ${time}`,
  eq: (column, time) => fragment`date_trunc('second', ${column}) = ${time}`,
  neq: (column, time) => fragment`date_trunc('second', ${column}) IS DISTINCT FROM ${time}`,
  lt: (column, time) => fragment`${column} < ${time}`,
  lte: (column, time) => fragment`${column} <= ${time}`,
};

/** `gt:2026-01-01T00:00:00,lt:…`: all of the comparisons hold. */
function inTime(key: 'created_at' | 'updated_at', value: string): Fragment {
  return all(value.split(',').map((comparison) => {
    const [word = '', ...time] = comparison.split(':');
    const compare = ownEntry(OPERATORS, word);
    if (time.length === 0 && compare !== undefined) throw new FilterInvalid(`Invalid ${key} value`);
    if (compare === undefined) throw new FilterInvalid(`Invalid ${word.slice(0, 40)} operator`);
    return compare(identifier(`v.${key}`), timeOf(time.join(':')));
  }));
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** A time without a zone is UTC, as Cinder shows them. */
function timeOf(value: string): Date {
  const isZoned = /(Z|[+-]\d{2}:?\d{2})$/.test(value.slice(10));
  const time = ISO_TIME.test(value) ? Date.parse(isZoned || value.length === 10 ? value : `${value}Z`) : Number.NaN;
  if (Number.isNaN(time)) throw new FilterInvalid(`Invalid ${value.slice(0, 40)} value`);
  return new Date(time);
}

function refuseBoolean(key: string, value: string): never {
  throw new FilterInvalid(`Value '${value.slice(0, 40)}' is not a valid boolean for parameter '${key}'.`);
}

/** Of a parameter that is given twice, the first counts. */
function firstText(value: unknown): string | undefined {
  const found: unknown = Array.isArray(value) ? value[0] : value;
  return found === undefined || found === null ? undefined : String(found as string | number | boolean);
}
