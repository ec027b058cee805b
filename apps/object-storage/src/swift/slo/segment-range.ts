import type { ByteRange } from '@virga/ports';

/** `M-N`, `M-` or `-N` as it stands in a manifest; which bytes it means depends on the segment's size. */
export interface RequestedRange {
  first: number | undefined;
  last: number | undefined;
}

const ONE_RANGE = /^(\d*)-(\d*)$/;

/** The ranges named by `text`, or undefined where it is not the syntax of a Range header's byte ranges. */
export function parseRanges(text: string): RequestedRange[] | undefined {
  const ranges: RequestedRange[] = [];
  for (const part of text.split(',')) {
    const [, first, last] = ONE_RANGE.exec(part.trim()) ?? [];
    if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
    const range = { first: first === '' ? undefined : Number(first), last: last === '' ? undefined : Number(last) };
    if (range.first !== undefined && range.last !== undefined && range.last < range.first) return undefined;
    ranges.push(range);
  }
  return ranges;
}

/** The bytes (inclusive) that a range means in `sizeBytes`, or undefined where there are none. */
export function resolveRange(range: RequestedRange, sizeBytes: number): ByteRange | undefined {
  const lastByte = sizeBytes - 1;
  if (range.first === undefined) {
    const length = range.last ?? 0;
    return length === 0 || sizeBytes === 0 ? undefined : { first: Math.max(0, sizeBytes - length), last: lastByte };
  }
  if (range.first > lastByte) return undefined;
  return { first: range.first, last: Math.min(range.last ?? lastByte, lastByte) };
}
