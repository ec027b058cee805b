import { badRequest } from '../faults/index.js';

/** A container's read or write ACL (X-Container-Read, X-Container-Write). */
export interface ContainerAcl {
  /** Hosts of the Referer header, the later one wins: `*`, `host`, `.domain`, and `-` before what is refused. */
  referrers: readonly string[];
  /** Everything else: `project:user` with `*` for either, role names, `.rlistings`. */
  groups: ReadonlySet<string>;
}

/** The right to list a container that is readable by its referrers. */
export const LISTINGS = '.rlistings';

const REFERRER_WORDS = new Set(['.r', '.ref', '.referer', '.referrer']);

/** The ACL as it is kept: without blanks and empty entries, `.ref:*.host` as `.r:.host`. Throws 400 for what means nothing. */
export function cleanContainerAcl(header: string, value: string): string {
  return value.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '').map((entry) => cleanEntry(header, entry)).join(',');
}

function cleanEntry(header: string, entry: string): string {
  const colon = entry.indexOf(':');
  if (colon === -1 || !entry.startsWith('.')) return entry;
  const word = entry.slice(0, colon).trim();
  if (!REFERRER_WORDS.has(word)) throw badRequest(`Unknown designator '${word}' in ACL: '${entry}'`);
  if (header.includes('write')) throw badRequest(`Referrers not allowed in write ACL: '${entry}'`);
  return `.r:${cleanHost(entry, entry.slice(colon + 1).trim())}`;
}

function cleanHost(entry: string, host: string): string {
  if (host.startsWith('-')) return `-${cleanHost(entry, host.slice(1).trim())}`;
  const cleaned = host !== '*' && host.startsWith('*') ? host.slice(1).trim() : host;
  if (cleaned === '' || cleaned === '.') throw badRequest(`No host/domain value after referrer designation in ACL: '${entry}'`);
  return cleaned;
}

/** Reads a kept ACL; entries may be percent-encoded, so that a name may hold a comma. */
export function parseContainerAcl(value: string | undefined): ContainerAcl {
  const entries = value === undefined || value === '' ? [] : value.split(',');
  return {
    referrers: entries.filter((entry) => entry.startsWith('.r:')).map((entry) => entry.slice(3)),
    groups: new Set(entries.filter((entry) => !entry.startsWith('.r:')).map(unquoted)),
  };
}

function unquoted(entry: string): string {
  try {
    return decodeURIComponent(entry);
  } catch {
    return entry;
  }
}

/** Whether the host that the Referer header names may read; a request without one comes from `unknown`. */
export function allowsReferrer(referrers: readonly string[], referer: string | undefined): boolean {
  if (referrers.length === 0) return false;
  const host = hostOf(referer);
  return referrers.reduce((isAllowed, entry) => {
    if (entry.startsWith('-')) return isAllowed && !fits(entry.slice(1), host);
    return isAllowed || entry === '*' || fits(entry, host);
  }, false);
}

function fits(entry: string, host: string): boolean {
  return entry === host || (entry.startsWith('.') && host.endsWith(entry));
}

function hostOf(referer: string | undefined): string {
  return (referer === undefined ? undefined : URL.parse(referer)?.hostname) || 'unknown';
}
