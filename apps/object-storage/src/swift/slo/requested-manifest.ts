import { withoutEnd } from '../../text/index.js';
import { badRequest } from '../faults/index.js';
import { parseRanges, resolveRange, type RequestedRange } from './segment-range.js';

/** What a client asks to be put together, in the order in which it is read. */
export type RequestedSegment = RequestedObject | RequestedData;

export interface RequestedObject {
  kind: 'object';
  /** As the client wrote it; reports of what is wrong name it so. */
  path: string;
  container: string;
  name: string;
  etag: string | undefined;
  sizeBytes: number | undefined;
  range: RequestedRange | undefined;
}

export interface RequestedData {
  kind: 'data';
  bytes: Buffer;
}

/** A list of millions of wrong entries is not answered with as many lines. */
const MOST_PROBLEMS = 1000;

/**
 * Reads the body of `PUT ?multipart-manifest=put`. What can be told without looking at the segments is checked here; the
 * 400 names every entry that is wrong, one a line, as Swift words it.
 *
 * @param self container and name of the manifest, which must not be among its segments
 */
export function parseRequestedManifest(body: Buffer, self: { container: string; name: string }): RequestedSegment[] {
  const entries = parseList(body);
  const problems: string[] = [];
  const segments = entries.map((entry, index) => {
    if (problems.length >= MOST_PROBLEMS) return undefined;
    const segment = readEntry(entry, { isLast: index === entries.length - 1, self });
    if (typeof segment !== 'string') return segment;
    problems.push(`Index ${index}: ${segment}`);
    return undefined;
  });
  if (entries.length > 0 && entries.every((entry) => isRecord(entry) && 'data' in entry)) {
    problems.push('Inline data segments require at least one object-backed segment.');
  }
  if (problems.length > 0) throw badRequest(problems.map((problem) => `${problem}\n`).join(''));
  return segments.filter((segment) => segment !== undefined);
}

function parseList(body: Buffer): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw badRequest('Manifest must be valid JSON.\n');
  }
  if (!Array.isArray(parsed)) throw badRequest('Manifest must be a list.\n');
  return parsed;
}

interface EntryContext {
  isLast: boolean;
  self: { container: string; name: string };
}

const TOO_SMALL = 'too small; each segment must be at least 1 byte.';
const KEYS: Record<'path' | 'data', readonly string[]> = { path: ['path', 'range', 'etag', 'size_bytes'], data: ['data'] };

function readEntry(entry: unknown, context: EntryContext): RequestedSegment | string {
  if (!isRecord(entry)) return 'not a JSON object';
  const kind = 'data' in entry ? 'data' : 'path' in entry ? 'path' : undefined;
  if (kind === undefined) return "expected keys to include one of 'data' or 'path'";
  const extra = Object.keys(entry).filter((key) => !KEYS[kind].includes(key)).sort();
  if (extra.length > 0) return `extraneous keys ${extra.map((key) => JSON.stringify(key)).join(', ')}`;
  return kind === 'data' ? readData(entry['data']) : readObject(entry, context);
}

function readData(text: unknown): RequestedData | string {
  const bytes = typeof text === 'string' ? decodeBase64(text) : undefined;
  if (bytes === undefined) return 'data must be valid base64';
  return bytes.length < 1 ? TOO_SMALL : { kind: 'data', bytes };
}

function readObject(entry: Record<string, unknown>, context: EntryContext): RequestedObject | string {
  const { path, etag } = entry;
  if (typeof path !== 'string') return '"path" must be a string';
  if (!isTextOrNothing(etag)) return '"etag" must be a string or null (if provided)';
  const place = splitPath(path);
  if (place === undefined) return 'path does not refer to an object. Path must be of the form /container/object.';
  const sizeBytes = readSize(entry['size_bytes']);
  if (sizeBytes === 'invalid') return 'invalid size_bytes';
  if (isTooSmall(sizeBytes, context)) return TOO_SMALL;
  if (place.container === context.self.container && place.name === context.self.name) return 'manifest must not include itself as a segment';
  const range = readRange(entry['range'], sizeBytes);
  return typeof range === 'string' ? range : { kind: 'object', path, ...place, etag: etag ?? undefined, sizeBytes, range };
}

/** The last segment may be empty: what writes segments often ends with such a one. */
function isTooSmall(sizeBytes: number | undefined, { isLast }: EntryContext): boolean {
  return sizeBytes !== undefined && sizeBytes < 1 && !isLast;
}

function isTextOrNothing(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string';
}

/** Undefined for what names no object. Leading slashes do not count; a name may contain and end with slashes. */
function splitPath(path: string): { container: string; name: string } | undefined {
  if (path.includes('\0') || !path.isWellFormed()) return undefined;
  const bare = path.replace(/^\/+/, '');
  const slash = bare.indexOf('/');
  const name = bare.slice(slash + 1);
  return slash < 0 || /^\/*$/.test(name) ? undefined : { container: bare.slice(0, slash), name };
}

/** Sizes come as numbers or as their text; both have been accepted for ever. */
function readSize(value: unknown): number | 'invalid' | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'number' ? String(Math.trunc(value)) : value;
  if (typeof text !== 'string' || !/^[+-]?\d+$/.test(text.trim())) return 'invalid';
  const size = Number(text);
  return Number.isSafeInteger(size) ? size : 'invalid';
}

function readRange(value: unknown, sizeBytes: number | undefined): RequestedRange | string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const [range, ...more] = (typeof value === 'string' ? parseRanges(value) : undefined) ?? [];
  if (range === undefined) return 'invalid range';
  if (more.length > 0) return 'multiple ranges (only one allowed)';
  return sizeBytes !== undefined && resolveRange(range, sizeBytes) === undefined ? 'unsatisfiable range' : range;
}

function decodeBase64(text: string): Buffer | undefined {
  const bare = withoutEnd(text, '=');
  if (!/^[A-Za-z0-9+/]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  return Buffer.from(bare, 'base64');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
