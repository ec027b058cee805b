import { isTrue, type QueryOf, type VersionNumber } from '@virga/contract';
import { serverVersions, type listServerDetails } from '@virga/contracts-compute';
import { Forbidden, Invalid, ownEntry } from '@virga/kernel';
import { type Fragment, type KeysetColumn, fragment, join } from '@virga/persistence';
import { knownStatuses, statesShownAs, tasksWithOwnStatus, type ServerState } from './server.js';

export type ListQuery = QueryOf<typeof listServerDetails>;

/** Who asks, as far as filters are concerned. */
export interface ListScope {
  /** The project whose servers are listed; undefined for those of all projects. */
  project: string | undefined;
  user: string;
  /** May filter by anything. */
  hasAllFilters: boolean;
  isAdmin: boolean;
  version: VersionNumber;
}

class FilterInvalid extends Invalid {
  constructor(message: string) {
    super('compute.server.filter', message);
  }
}

type Filter = (value: string) => Fragment | undefined;

const NEVER = fragment`FALSE`;

/** The first value of a parameter, or all of them. */
const first = (value: string | string[] | undefined): string | undefined => [value].flat()[0];
const texts = (value: string | string[] | undefined): string[] => [value ?? []].flat();

/** Text matched as a regular expression, in PostgreSQL's words; the repository answers for those that cannot be read. */
function matches(column: Fragment, text: string): Fragment {
  return fragment`${column} ~ ${text}`;
}

const equals = (column: Fragment): Filter => (value) => fragment`${column} = ${value}`;
const like = (column: Fragment): Filter => (value) => matches(column, value);
const truth = (column: Fragment): Filter => (value) => fragment`${column} = ${isTrue(value) ?? false}`;
const whole = (column: Fragment): Filter => (value) => (/^\d{1,9}$/.test(value) ? fragment`${column} = ${Number(value)}` : NEVER);
/** The condition for what a word stands for; other words match nothing. */
const oneOf = <Value>(words: Readonly<Record<string, Value>>, condition: (value: Value) => Fragment): Filter => (word) => {
  const value = ownEntry(words, word);
  return value === undefined ? NEVER : condition(value);
};
const id = (column: Fragment): Filter => (value) => fragment`${column}::text = ${value.toLowerCase()}`;
const moment = (column: Fragment): Filter => (value) => fragment`date_trunc('second', ${column}) = ${timeOf(value)}`;

const powers: Record<string, string> = { 1: 'running', 3: 'paused', 4: 'shutdown', 6: 'crashed' };
const states: Record<string, ServerState> = { building: 'building', active: 'active', paused: 'paused', stopped: 'stopped', resized: 'resized', error: 'error', deleted: 'deleted' };

const image = equals(fragment`s.image_id`);
const name = like(fragment`s.name`);
const description = like(fragment`coalesce(s.description, '')`);
const address = (family: 4 | 6) => (value: string): Fragment => fragment`EXISTS (
  SELECT FROM server_nic n, unnest(n.addresses) AS a WHERE n.server_id = s.id AND NOT n.is_gone AND family(a::inet) = ${family} AND ${matches(fragment`a`, value)})`;

/** What everybody may filter by. */
const openFilters: Readonly<Record<string, Filter>> = {
  reservation_id: equals(fragment`s.reservation_id`), name, display_name: name, image, image_ref: image, flavor: equals(fragment`s.flavor_id`), ip: address(4),
};

/** What everybody may filter by since some version, and administrators always. */
const laterFilters: Readonly<Record<string, readonly [VersionNumber, Filter]>> = {
  ip6: [serverVersions.ip6Filter, address(6)],
  locked: [serverVersions.lockedFilter, (value) => {
    const isLocked = isTrue(value);
    if (isLocked === undefined) throw new FilterInvalid(`'${value.slice(0, 40)}' is no value of the filter 'locked'.`);
    return isLocked ? fragment`s.locked_by IS NOT NULL` : fragment`s.locked_by IS NULL`;
  }],
  hostname: [serverVersions.hostnameFilter, like(fragment`s.hostname`)],
  availability_zone: [serverVersions.openFilters, (value) => fragment`coalesce((SELECT h.availability_zone FROM host h WHERE h.name = s.host), s.requested_zone) = ${value}`],
  config_drive: [serverVersions.openFilters, truth(fragment`s.has_config_drive`)],
  key_name: [serverVersions.openFilters, equals(fragment`s.key_name`)],
  created_at: [serverVersions.openFilters, moment(fragment`s.created_at`)],
  launched_at: [serverVersions.openFilters, moment(fragment`s.launched_at`)],
  terminated_at: [serverVersions.openFilters, moment(fragment`s.terminated_at`)],
  power_state: [serverVersions.openFilters, oneOf(powers, (power) => fragment`g.power = ${power}`)],
  task_state: [serverVersions.openFilters, (value) => (/^none$/i.test(value) ? fragment`s.task IS NULL` : fragment`s.task = ${value}`)],
  vm_state: [serverVersions.openFilters, oneOf(states, (state) => fragment`s.state = ${state}`)],
  progress: [serverVersions.openFilters, (value) => (value === '0' ? undefined : NEVER)],
  user_id: [serverVersions.openFilters, equals(fragment`s.user_id`)],
};

/** What only administrators may filter by. */
const adminFilters: Readonly<Record<string, Filter>> = {
  launch_index: whole(fragment`s.launch_index`), kernel_id: (value) => (value === '' ? undefined : NEVER), ramdisk_id: (value) => (value === '' ? undefined : NEVER),
  host: equals(fragment`s.host`), node: (value) => fragment`(SELECT h.resources ->> 'hypervisorHostname' FROM host h WHERE h.name = s.host) = ${value}`,
  description, display_description: description, locked_by: equals(fragment`s.locked_by`), uuid: id(fragment`s.id`), root_device_name: (value) => (value === '/dev/vda' ? undefined : NEVER),
  access_ip_v4: like(fragment`s.access_ip_v4`), access_ip_v6: like(fragment`s.access_ip_v6`),
  auto_disk_config: (value) => fragment`(s.disk_config = 'AUTO') = ${isTrue(value) ?? false}`,
  soft_deleted: () => undefined,
};

/** Names of Nova's tables and inner attributes: filters by them were never meant, and are refused. */
const REFUSED = ['block_device_mapping', 'services', 'metadata', 'system_metadata', 'info_cache', 'security_groups', 'pci_devices'];

/** The conditions of a list. Throws `Invalid` (400) and, for what only administrators may see, `Forbidden`. */
export function conditionsOf(query: ListQuery, scope: ListScope): Fragment[] {
  const refused = Object.keys(query).find((key) => REFUSED.includes(key) || key.startsWith('_'));
  if (refused !== undefined && scope.hasAllFilters) throw new FilterInvalid(`Invalid filter field: ${refused}.`);
  return [
    ...(scope.project === undefined ? projectFilter(query) : [fragment`s.project_id = ${scope.project}`]),
    ...namedFilters(query, scope),
    ...statusFilter(query, scope),
    ...changeFilters(query, scope),
    ...tagFilters(query, scope),
  ];
}

/** Whether `all_tenants` asks for the servers of all projects. Throws `Invalid` for a word that is neither yes nor no. */
export function wantsAllProjects(query: ListQuery): boolean {
  const value = first(query.all_tenants);
  if (value === undefined) return false;
  if (value === '') return true;
  const answer = isTrue(value);
  if (answer === undefined) throw new FilterInvalid(`Invalid value '${value.slice(0, 40)}' for all_tenants.`);
  return answer;
}

function projectFilter(query: ListQuery): Fragment[] {
  const project = first(query.project_id) ?? first(query.tenant_id);
  return project === undefined ? [] : [fragment`s.project_id = ${project}`];
}

function namedFilters(query: ListQuery, { version, hasAllFilters }: ListScope): Fragment[] {
  return Object.entries(query).flatMap(([key, value]) => {
    const text = first(value as string | string[] | undefined);
    const later = ownEntry(laterFilters, key);
    const filter = ownEntry(openFilters, key)
      ?? (later !== undefined && (hasAllFilters || version >= later[0]) ? later[1] : undefined)
      ?? (hasAllFilters ? ownEntry(adminFilters, key) : undefined);
    const condition = text === undefined ? undefined : filter?.(String(text));
    return condition === undefined ? [] : [condition];
  });
}

function statusFilter(query: ListQuery, { version, isAdmin }: ListScope): Fragment[] {
  const deleted = deletedFilter(query);
  const statuses = texts(query.status);
  if (statuses.length === 0) return [deleted];
  if (!statuses.some((status) => knownStatuses.has(status.toUpperCase()))) {
    if (version >= serverVersions.strictStatus) throw new Invalid('compute.server.status-filter', 'Invalid status value');
    return [NEVER];
  }
  const wanted = statesShownAs(statuses);
  const asksDeleted = wanted.some(({ state }) => state === 'deleted');
  if (asksDeleted && !isAdmin) throw new Forbidden('compute.server.deleted-filter', 'Only administrators may list deleted instances');
  const shown = wanted.map(({ state, tasks, isDefault }) => {
    const named = fragment`s.task = ANY(${tasks})`;
    const usual = fragment`(s.task IS NULL OR s.task <> ALL(${tasksWithOwnStatus(state)}))`;
    const task = isDefault ? join([named, usual], ' OR ') : named;
    return fragment`(s.state = ${state} AND (${task}))`;
  });
  const any = shown.length === 0 ? NEVER : fragment`(${join(shown, ' OR ')})`;
  return asksDeleted ? [any] : [any, deleted];
}

function deletedFilter(query: ListQuery): Fragment {
  const deleted = first(query.deleted);
  if (deleted !== undefined) return isTrue(deleted) === true ? fragment`s.deleted_at IS NOT NULL` : fragment`s.deleted_at IS NULL`;
  const isSince = query['changes-since'] !== undefined || query['changes-before'] !== undefined;
  return isSince ? fragment`TRUE` : fragment`s.deleted_at IS NULL`;
}

function changeFilters(query: ListQuery, { version }: ListScope): Fragment[] {
  const since = first(query['changes-since']);
  const before = version >= serverVersions.changesBefore ? first(query['changes-before']) : undefined;
  if (since !== undefined && before !== undefined && Date.parse(since) > Date.parse(before)) {
    throw new FilterInvalid('The value of changes-since must be less than or equal to changes-before.');
  }
  return [
    ...(since === undefined ? [] : [fragment`s.updated_at >= ${timeOf(since)}`]),
    ...(before === undefined ? [] : [fragment`s.updated_at <= ${timeOf(before)}`]),
  ];
}

function timeOf(text: string): Date {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new FilterInvalid(`'${text.slice(0, 40)}' is not a time.`);
  return new Date(time);
}

function tagFilters(query: ListQuery, { version }: ListScope): Fragment[] {
  if (version < serverVersions.tagFilters) return [];
  const list = (value: string | string[] | undefined): string[] | undefined => (value === undefined ? undefined : texts(value).flatMap((text) => text.split(',')));
  const [every, any, notEvery, notAny] = [list(query.tags), list(query['tags-any']), list(query['not-tags']), list(query['not-tags-any'])];
  return [
    ...(every === undefined ? [] : [fragment`s.tags @> ${every}`]),
    ...(any === undefined ? [] : [fragment`s.tags && ${any}`]),
    ...(notEvery === undefined ? [] : [fragment`NOT (s.tags @> ${notEvery})`]),
    ...(notAny === undefined ? [] : [fragment`NOT (s.tags && ${notAny})`]),
  ];
}

/** Columns that lists can be sorted by, under Nova's names; names without a column sort like nothing at all. */
const sortColumns: Readonly<Record<string, Omit<KeysetColumn, 'direction'>>> = {
  access_ip_v4: { column: 's.access_ip_v4' }, access_ip_v6: { column: 's.access_ip_v6' }, auto_disk_config: { column: 's.disk_config' },
  availability_zone: { column: 's.requested_zone', isNullable: true }, config_drive: { column: 's.has_config_drive' }, created_at: { column: 's.created_at' },
  display_description: { column: 's.description', isNullable: true }, display_name: { column: 's.name' }, host: { column: 's.host', isNullable: true },
  hostname: { column: 's.hostname' }, image_ref: { column: 's.image_id', isNullable: true }, instance_type_id: { column: 's.flavor_id' },
  key_name: { column: 's.key_name', isNullable: true }, launch_index: { column: 's.launch_index' }, launched_at: { column: 's.launched_at', isNullable: true },
  locked: { column: 's.locked_by', isNullable: true }, locked_by: { column: 's.locked_by', isNullable: true }, node: { column: 's.host', isNullable: true },
  power_state: { column: 's.state' }, project_id: { column: 's.project_id' }, task_state: { column: 's.task', isNullable: true },
  terminated_at: { column: 's.terminated_at', isNullable: true }, updated_at: { column: 's.updated_at' }, user_id: { column: 's.user_id' },
  uuid: { column: 's.id' }, vm_state: { column: 's.state' },
};

const ADMIN_SORT_KEYS = ['host', 'node'];

/** The order of a list: by what was asked, else newest first; always total. Throws `Invalid` and `Forbidden`. */
export function sortOf(query: ListQuery, { isAdmin, version }: Pick<ListScope, 'isAdmin' | 'version'>): KeysetColumn[] {
  const keys = texts(query.sort_key as string | string[] | undefined);
  const directions = texts(query.sort_dir).map(direction);
  const asked = keys.flatMap((key, index): KeysetColumn[] => {
    if (ADMIN_SORT_KEYS.includes(key) && !isAdmin) throw new Forbidden('compute.server.sort', `Only administrators can sort servers by ${key}`);
    if (key === 'locked' && version < serverVersions.lockedFilter) return [];
    const column = ownEntry(sortColumns, key);
    return column === undefined ? [] : [{ ...column, direction: directions[index] ?? directions[0] ?? 'desc' }];
  });
  const chosen = asked.length > 0 ? asked : [{ column: 's.created_at', direction: directions[0] ?? 'desc' } satisfies KeysetColumn];
  const unique = chosen.filter(({ column }, index) => chosen.findIndex((other) => other.column === column) === index);
  const upToId = unique.findIndex(({ column }) => column === 's.id');
  return upToId >= 0 ? unique.slice(0, upToId + 1) : [...unique, { column: 's.id', direction: unique.at(-1)?.direction ?? 'desc' }];
}

function direction(text: string): 'asc' | 'desc' {
  if (text === 'asc' || text === 'desc') return text;
  throw new FilterInvalid(`Unknown sort direction, must be one of: asc, desc; not '${text.slice(0, 40)}'.`);
}
