import type { ByteRange } from '@virga/ports';
import { S3Error } from '../s3-error.js';

/**
 * The one range that a GET asks for; undefined for the whole: without the header, with a malformed one, and with several ranges,
 * which S3 does not give. Throws `InvalidRange` where nothing of it is there.
 */
export function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const range = parsedRange(header?.trim() ?? '', sizeBytes);
  if (range === undefined) return undefined;
  if (range.first >= sizeBytes) {
    throw new S3Error('InvalidRange', { fields: { RangeRequested: header ?? '', ActualObjectSize: String(sizeBytes) }, headers: { 'content-range': `bytes */${sizeBytes}` } });
  }
  return { first: range.first, last: Math.min(range.last, sizeBytes - 1) };
}

function parsedRange(header: string, sizeBytes: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(header) ?? [];
  if (first === '') return last === '' ? undefined : { first: Number(last) === 0 ? sizeBytes : Math.max(sizeBytes - Number(last), 0), last: sizeBytes - 1 };
  const range = { first: Number(first), last: last === '' ? Number.MAX_SAFE_INTEGER : Number(last) };
  return range.first > range.last ? undefined : range;
}

/** The range of a part's source: exactly `bytes=first-last`, all of it there. */
export function copyRangeOf(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header.trim());
  if (match === null || Number(match[1]) > Number(match[2])) {
    throw new S3Error('InvalidArgument', { message: 'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy', fields: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header } });
  }
  const range = { first: Number(match[1]), last: Number(match[2]) };
  if (range.last >= sizeBytes) throw new S3Error('InvalidRange', { status: 400, message: `Range specified is not valid for source object of size: ${sizeBytes}`, fields: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header } });
  return range;
}
