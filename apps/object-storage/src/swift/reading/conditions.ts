import { wholeSeconds } from '../headers/index.js';
import type { HeaderMap } from '../request/index.js';
import type { Microseconds } from '../../timestamps/index.js';

/** 304 or 412 where the request's conditions say so, in the order in which Swift looks; undefined where the object is to be answered. */
export function conditionalStatus(headers: HeaderMap, { etag, modifiedAt }: { etag: string; modifiedAt: Microseconds }): 304 | 412 | undefined {
  if (matches(headers['if-none-match'], etag)) return 304;
  if (headers['if-match'] !== undefined && !matches(headers['if-match'], etag)) return 412;
  const modified = wholeSeconds(modifiedAt);
  const [modifiedSince, unmodifiedSince] = [httpSeconds(headers['if-modified-since']), httpSeconds(headers['if-unmodified-since'])];
  if (modifiedSince !== undefined && modified <= modifiedSince) return 304;
  return unmodifiedSince !== undefined && modified > unmodifiedSince ? 412 : undefined;
}

/** The ETags of a condition without their quotes. */
export function etagsOf(header: string): string[] {
  return header.split(',').map((tag) => tag.trim().replace(/^W\//, '').replaceAll(/^"|"$/g, '')).filter((tag) => tag !== '');
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = etagsOf(header);
  return tags.includes('*') || tags.includes(etag.replaceAll('"', ''));
}

/** A date before 1970 or none at all is no condition. */
function httpSeconds(header: string | undefined): number | undefined {
  const milliseconds = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(milliseconds) || milliseconds < 0 ? undefined : Math.floor(milliseconds / 1000);
}
