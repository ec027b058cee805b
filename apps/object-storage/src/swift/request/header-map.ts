import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from '../faults/index.js';

/** A request's headers by name in lower case, as text: HTTP carries bytes, Swift's clients mean UTF-8. */
export type HeaderMap = Readonly<Record<string, string | undefined>>;

/** In names of metadata Swift's gateway takes an underscore for a dash, and clients ask for them so. */
const METADATA = /^x-(remove-)?(account|container|object)-meta-/;
const NON_ASCII = /[^\0-\x7f]/;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws 400 for a value of an `X-…` or entity header that is no UTF-8; other headers are nobody's text. */
export function headerMap(headers: IncomingHttpHeaders): HeaderMap {
  const map: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    const joined = typeof value === 'string' ? value : value.join(', ');
    map[METADATA.test(name) ? name.replaceAll('_', '-') : name] = NON_ASCII.test(joined) ? decoded(name, joined) : joined;
  }
  return map;
}

function decoded(name: string, value: string): string {
  try {
    return decoder.decode(Buffer.from(value, 'latin1'));
  } catch {
    if (name.startsWith('x-') || name.startsWith('content-')) throw badRequest('Metadata must be valid UTF-8');
    return value;
  }
}

/** A header value as Node writes it: the bytes of its UTF-8, one character each; what HTTP forbids becomes a blank. */
export function wireValue(value: string): string {
  const sendable = value.replaceAll(/[\0-\x08\x0a-\x1f\x7f]/g, ' ');
  return NON_ASCII.test(sendable) ? Buffer.from(sendable, 'utf8').toString('latin1') : sendable;
}

/** Names that the front door looks for. */
const PLAIN_NAMES = new Set(['content-length']);
/** Names are few where clients do not make them up; those are made anew each time. */
const shownNames = new Map<string, string>();
const MOST_SHOWN_NAMES = 1000;

/** A header's name as Swift writes it, each word with a capital: some clients compare names of metadata as they come. */
export function shownName(name: string): string {
  const known = shownNames.get(name);
  if (known !== undefined) return known;
  const shown = PLAIN_NAMES.has(name) ? name : name.replaceAll(/[a-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1));
  if (shownNames.size < MOST_SHOWN_NAMES) shownNames.set(name, shown);
  return shown;
}

const TRUE_WORDS = new Set(['true', '1', 'yes', 'on', 't', 'y']);

/** Whether a header or parameter says yes, in any of the words that Swift takes. */
export function saysYes(value: string | null | undefined): boolean {
  return value !== null && value !== undefined && TRUE_WORDS.has(value.trim().toLowerCase());
}
