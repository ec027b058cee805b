import { Invalid } from '@virga/kernel';
import type { ByteRange } from '@virga/ports';

/**
 * Reads a Range header of one part (RFC 9110 §14.2). Anything else than one `bytes` range is ignored, as the RFC allows;
 * a range that lies outside of the data is refused with 416.
 */
export function byteRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [, first, last] = match as unknown as [string, string, string];
  const range = first === ''
    ? { first: Math.max(0, sizeBytes - Number(last)), last: sizeBytes - 1 }
    : { first: Number(first), last: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1) };
  if (range.first > range.last) throw new Invalid('image.range', `The range '${header?.slice(0, 60)}' lies outside of ${sizeBytes} bytes.`, { status: 416 });
  return range;
}
