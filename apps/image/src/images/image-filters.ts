import { isTrue } from '@virga/contract';
import { Invalid, ownEntry } from '@virga/kernel';
import { all, fragment, identifier, join, type Fragment } from '@virga/persistence';

/** Whose list it is. */
export interface Viewer {
  projectId: string | undefined;
  seesEverything: boolean;
}

/** A list's filters as they came (image API reference, "List images"); names not known here filter by own properties. */
export type ImageFilters = Readonly<Record<string, string | string[] | undefined>>;

const PAGING = new Set(['limit', 'marker', 'sort_key', 'sort_dir', 'sort', 'member_status', 'visibility', 'os_hidden']);
/** These take `in:a,b,c`. */
const LISTED: Record<string, string> = { id: 'i.id', name: 'i.name', status: 'i.status', container_format: 'i.container_format', disk_format: 'i.disk_format' };
const EQUAL: Record<string, string> = { owner: 'i.owner_id', checksum: 'i.md5', os_hash_value: 'i.sha512' };
const NUMBERS: Record<string, [column: string, operator: '=' | '>=' | '<=']> = {
  size_min: ['i.size_bytes', '>='], size_max: ['i.size_bytes', '<='], min_disk: ['i.min_disk', '='], min_ram: ['i.min_ram', '='], size: ['i.size_bytes', '='],
};
const OPERATORS: Record<string, Fragment> = { gt: fragment`>`, gte: fragment`>=`, lt: fragment`<`, lte: fragment`<=`, eq: fragment`=`, neq: fragment`<>` };
const VISIBILITIES = ['public', 'private', 'shared', 'community', 'all'];

/** True of the images that belong into the viewer's list: one's own, public ones, and shared ones that were accepted. */
export function visibleTo(viewer: Viewer, filters: ImageFilters): Fragment {
  const wanted = one(filters['visibility'], 'visibility');
  if (wanted !== undefined && !VISIBILITIES.includes(wanted)) throw new Invalid('image.filter', `Invalid visibility value: ${wanted.slice(0, 40)}`);
  const conditions = [hidden(filters), seen(viewer, filters, wanted)];
  if (wanted !== undefined && wanted !== 'all') conditions.push(fragment`i.visibility = ${wanted}`);
  return all(conditions);
}

function hidden(filters: ImageFilters): Fragment {
  const text = one(filters['os_hidden'], 'os_hidden');
  const isHidden = text === undefined ? false : isTrue(text);
  if (isHidden === undefined) throw new Invalid('image.filter', 'os_hidden must be true or false.');
  return fragment`i.is_hidden = ${isHidden}`;
}

function seen(viewer: Viewer, filters: ImageFilters, wanted: string | undefined): Fragment {
  const status = one(filters['member_status'], 'member_status') ?? 'accepted';
  if (!['pending', 'accepted', 'rejected', 'all'].includes(status)) throw new Invalid('image.filter', `Invalid status: ${status.slice(0, 40)}`);
  if (viewer.seesEverything) return fragment`TRUE`;
  const own = fragment`i.owner_id = ${viewer.projectId ?? null}`;
  const community = wanted === 'community' || wanted === 'all' ? fragment`i.visibility = 'community'` : fragment`FALSE`;
  const accepted = status === 'all' ? fragment`TRUE` : fragment`m.status = ${status}`;
  const shared = fragment`(i.visibility = 'shared' AND EXISTS (SELECT FROM image_member m WHERE m.image_id = i.id AND m.member_id = ${viewer.projectId ?? ''} AND ${accepted}))`;
  return fragment`(${join([own, fragment`i.visibility = 'public'`, community, shared], ' OR ')})`;
}

/** One condition for each filter. Throws `Invalid`. */
export function filterFragments(filters: ImageFilters): Fragment[] {
  return Object.entries(filters).flatMap(([name, value]) => (value === undefined || PAGING.has(name) ? [] : [condition(name, value)]));
}

function condition(name: string, value: string | string[]): Fragment {
  if (name === 'tag') return fragment`i.tags @> ${[value].flat()}::text[]`;
  const text = one(value, name) as string;
  const listed = ownEntry(LISTED, name);
  if (listed !== undefined) return text.startsWith('in:') ? fragment`${identifier(listed)} = ANY(${listOf(text.slice(3))})` : fragment`${identifier(listed)} = ${text}`;
  const equal = ownEntry(EQUAL, name);
  if (equal !== undefined) return fragment`${identifier(equal)} = ${text}`;
  const number = ownEntry(NUMBERS, name);
  if (number !== undefined) return numeric(name, text, number);
  if (name === 'created_at' || name === 'updated_at') return time(name, text);
  if (name === 'protected') return protection(text);
  return fragment`i.properties ->> ${name} = ${text}`;
}

function one(value: string | string[] | undefined, name: string): string | undefined {
  if (Array.isArray(value)) throw new Invalid('image.filter', `The filter '${name.slice(0, 40)}' may be given once.`);
  return value;
}

function numeric(name: string, text: string, [column, operator]: [string, string]): Fragment {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Invalid('image.filter', `Filter '${name}' must be a whole number of 0 or more.`);
  if (operator === '=') return fragment`${identifier(column)} = ${value}`;
  return operator === '>=' ? fragment`${identifier(column)} >= ${value}` : fragment`${identifier(column)} <= ${value}`;
}

function protection(text: string): Fragment {
  const value = isTrue(text);
  if (value === undefined) throw new Invalid('image.filter', 'protected must be true or false.');
  return fragment`i.is_protected = ${value}`;
}

/** `gt:2020-01-01T00:00:00Z`, or a time alone. */
function time(name: string, text: string): Fragment {
  const match = /^(?:(gt|gte|lt|lte|eq|neq):)?(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?)$/.exec(text);
  const at = match === null ? Number.NaN : Date.parse(match[2] as string);
  if (match === null || Number.isNaN(at)) throw new Invalid('image.filter', `'${text.slice(0, 60)}' is not an operator and an ISO 8601 time.`);
  return fragment`date_trunc('second', ${identifier(`i.${name}`)}) ${OPERATORS[match[1] ?? 'eq'] as Fragment} ${new Date(at)}`;
}

/** `a,b,"c,d"`: quotes keep a comma. */
function listOf(text: string): string[] {
  const parts = text.match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  if (parts.some((part) => part.startsWith('"') !== (part.length > 1 && part.endsWith('"')))) throw new Invalid('image.filter', 'A quoted value is not closed.');
  return parts.map((part) => (part.startsWith('"') ? part.slice(1, -1).replaceAll(/\\(.)/g, '$1') : part));
}
