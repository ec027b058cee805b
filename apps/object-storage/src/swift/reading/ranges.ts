import type { ByteRange } from '@virga/ports';

/** A request with more ranges than these, or with more overlaps, or with this many in no order, wants to cost, not to read. */
const MOST_RANGES = 50;
const MOST_OVERLAPS = 2;
const DESCENDING_RANGES = 8;

type AskedRange = { first: number | undefined; last: number | undefined };

/** What of the bytes is answered: all of them, none (416), or these ranges in the order they were asked for. */
export type Wanted = 'all' | 'unsatisfiable' | readonly ByteRange[];

/** Reads a Range header. What is not understood is ignored; ranges outside are left out while one is inside. */
export function wantedRanges(header: string | undefined, sizeBytes: number): Wanted {
  const asked = header === undefined ? undefined : parsed(header);
  if (asked === undefined) return 'all';
  const ranges = asked.map((range) => within(range, sizeBytes)).filter((range) => range !== undefined);
  if (ranges.length === 0 || isAbusive(ranges)) return isSuffixOfNothing(asked, sizeBytes) ? 'all' : 'unsatisfiable';
  return ranges;
}

function parsed(header: string): AskedRange[] | undefined {
  const [, list] = /^bytes=(.+)$/i.exec(header.replaceAll(' ', '')) ?? [];
  const ranges = list?.split(',').map(parsedRange);
  return ranges === undefined || ranges.includes(undefined) ? undefined : ranges as AskedRange[];
}

function parsedRange(text: string): AskedRange | undefined {
  const [, first, last] = /^(\d*)-(\d*)$/.exec(text) ?? [];
  if (first === undefined || last === undefined || text === '-') return undefined;
  const range = { first: first === '' ? undefined : Number(first), last: last === '' ? undefined : Number(last) };
  return range.first !== undefined && range.last !== undefined && range.last < range.first ? undefined : range;
}

function within({ first, last }: AskedRange, sizeBytes: number): ByteRange | undefined {
  if (first === undefined) return last === 0 || sizeBytes === 0 ? undefined : { first: Math.max(0, sizeBytes - (last as number)), last: sizeBytes - 1 };
  return first >= sizeBytes ? undefined : { first, last: Math.min(last ?? sizeBytes - 1, sizeBytes - 1) };
}

/** The last bytes of nothing are all of it: other servers answer so too. */
function isSuffixOfNothing(asked: readonly AskedRange[], sizeBytes: number): boolean {
  return sizeBytes === 0 && asked.some(({ first, last }) => first === undefined && last !== 0);
}

function isAbusive(ranges: readonly ByteRange[]): boolean {
  if (ranges.length > MOST_RANGES) return true;
  const overlaps = ranges.flatMap((range, index) => ranges.slice(index + 1).filter((other) => other.first <= range.last && range.first <= other.last));
  const isAscending = ranges.every((range, index) => index === 0 || (ranges[index - 1] as ByteRange).first <= range.first);
  return overlaps.length > MOST_OVERLAPS || (!isAscending && ranges.length >= DESCENDING_RANGES);
}
