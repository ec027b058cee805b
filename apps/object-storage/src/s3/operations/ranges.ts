import type { ByteRange } from '@virga/ports';
import { S3Error } from '../s3-error.js';

/**
 * The one range that a GET asks for; undefined for the whole: without the header, with a malformed one, and with several ranges,
 * which S3 does not give. Throws `InvalidRange` where nothing of it is there.
 */
export function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(header?.trim() ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const [first, last] = match[1] === '' ? [Math.max(sizeBytes - Number(match[2]), 0), sizeBytes - 1] : [Number(match[1]), match[2] === '' ? sizeBytes - 1 : Number(match[2])];
  if (match[1] !== '' && match[2] !== '' && first > last) return undefined;
  if (first >= sizeBytes || (match[1] === '' && Number(match[2]) === 0)) {
    throw new S3Error('InvalidRange', { fields: { RangeRequested: header ?? '', ActualObjectSize: String(sizeBytes) }, headers: { 'content-range': `bytes */${sizeBytes}` } });
  }
  return { first, last: Math.min(last, sizeBytes - 1) };
}

/** The range of a part's source: exactly `bytes=first-last`, all of it there. */
export function copyRangeOf(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header.trim());
  if (match === null || Number(match[1]) > Number(match[2])) {
    throw new S3Error('InvalidArgument', { message: 'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy', fields: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header } });
  }
  const range = { first: Number(match[1]), last: Number(match[2]) };
  if (range.last >= sizeBytes) throw new S3Error('InvalidArgument', { message: `Range specified is not valid for source object of size: ${sizeBytes}`, fields: { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header } });
  return range;
}
