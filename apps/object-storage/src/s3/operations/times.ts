import type { Microseconds } from '../../timestamps/index.js';

/** As in XML: `2009-10-12T17:50:30.000Z`. S3 keeps whole seconds, and so does what headers say of the same moment. */
export function xmlTime(at: Microseconds): string {
  return new Date(wholeSeconds(at)).toISOString();
}

/** As in headers: `Mon, 12 Oct 2009 17:50:30 GMT`. */
export function httpTime(at: Microseconds): string {
  return new Date(wholeSeconds(at)).toUTCString();
}

/** Milliseconds, cut to seconds. */
export function wholeSeconds(at: Microseconds): number {
  return Math.floor(at / 1_000_000) * 1000;
}
