import type { Microseconds } from '../../timestamps/index.js';

/** X-Timestamp: seconds with five digits. */
export function timestampHeader(moment: Microseconds): string {
  return (Math.floor(moment / 10) / 100_000).toFixed(5);
}

/** The time by which a whole second has passed: HTTP dates have none smaller, and a client must not see a change that it missed. */
export function wholeSeconds(moment: Microseconds): number {
  return Math.ceil(moment / 1_000_000);
}

export function httpDate(moment: Microseconds): string {
  return new Date(wholeSeconds(moment) * 1000).toUTCString();
}

/** `last_modified` of listings: ISO 8601 with six digits and no zone. */
export function listingTime(moment: Microseconds): string {
  const micros = String(Math.floor(moment) % 1_000_000).padStart(6, '0');
  return `${new Date(Math.floor(moment / 1000)).toISOString().slice(0, 19)}.${micros}`;
}
