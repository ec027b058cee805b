import { isSubdir, type Subdir } from '../../listing/index.js';
import type { ObjectEntry } from '../features/index.js';
import type { ListingType } from './accept.js';

/** One line of an account's listing. */
export interface ContainerEntry {
  name: string;
  count: number;
  bytes: number;
  last_modified: string;
  storage_policy?: string;
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';
const CONTAINER_FIELDS = ['name', 'count', 'bytes', 'last_modified'] as const;
const OBJECT_FIELDS = ['name', 'hash', 'bytes', 'content_type', 'last_modified'] as const;

/** An account's containers in one of the three formats. */
export function accountListing(type: ListingType, account: string, entries: readonly (ContainerEntry | Subdir)[]): string {
  if (!type.endsWith('/xml')) return textOrJson(type, entries);
  const lines = entries.map((entry) => (isSubdir(entry) ? `<subdir name="${escaped(entry.subdir)}" />` : element('container', entry, CONTAINER_FIELDS)));
  return `${XML}<account name="${escaped(account)}">\n${lines.map((line) => `${line}\n`).join('')}</account>`;
}

/** A container's objects in one of the three formats. */
export function containerListing(type: ListingType, container: string, entries: readonly (ObjectEntry | Subdir)[]): string {
  if (!type.endsWith('/xml')) return textOrJson(type, entries);
  const lines = entries.map((entry) => (isSubdir(entry)
    ? `<subdir name="${escaped(entry.subdir)}"><name>${escaped(entry.subdir)}</name></subdir>` : element('object', entry, OBJECT_FIELDS)));
  return `${XML}<container name="${escaped(container)}">${lines.join('')}</container>`;
}

function textOrJson(type: ListingType, entries: readonly ({ name: string } | Subdir)[]): string {
  if (type === 'application/json') return JSON.stringify(entries);
  return entries.map((entry) => `${isSubdir(entry) ? entry.subdir : entry.name}\n`).join('');
}

function element<Entry extends object>(tag: string, entry: Entry, fields: readonly (keyof Entry & string)[]): string {
  return `<${tag}>${fields.map((field) => `<${field}>${escaped(String(entry[field]))}</${field}>`).join('')}</${tag}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;', '\r': '&#13;', '\t': '&#9;' };

/** XML 1.0 has no place for other control characters, escaped or not: they become a question mark. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"\n\r\t]/g, (sign) => ENTITIES[sign] as string).replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '?');
}
