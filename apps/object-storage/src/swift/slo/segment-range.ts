import type { ByteRange } from '@virga/ports';

/** `M-N`, `M-` or `-N` as it stands in a manifest; which bytes it means depends on the segment's size. */
export interface RequestedRange {
  first: number | undefined;
  last: number | undefined;
}

/** The ranges named by `text`, or undefined where it is not the syntax of a Range header's byte ranges. */
export function parseRanges(text: string): RequestedRange[] | undefined {
  const ranges = text.split(',').map((part) => parseRange(part.trim()));
  return ranges.includes(undefined) ? undefined : ranges as RequestedRange[];
}

function parseRange(text: string): RequestedRange | undefined {
  if (!/^(\d+-\d*|-\d+)$/.test(text)) return undefined;
  const [first, last] = text.split('-').map((digits) => (digits === '' ? undefined : Number(digits)));
  return first !== undefined && last !== undefined && last < first ? undefined : { first, last };
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
