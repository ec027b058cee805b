import { badRequest } from '../faults/index.js';
import type { HeaderMap } from '../request/index.js';

/** Swift keeps moments of at most ten digits. */
const LATEST = 9_999_999_999;
const INTEGER = /^\s*[+-]?\d+\s*$/;

/** When an object expires, in seconds since the epoch, by X-Delete-After or X-Delete-At; undefined where neither is sent. Throws 400. */
export function expiryOf(headers: HeaderMap, nowMs: number): number | undefined {
  const after = headers['x-delete-after'];
  if (after !== undefined) return afterNow(after, nowMs);
  const at = headers['x-delete-at'];
  if (at === undefined || at === '') return undefined;
  if (!INTEGER.test(at)) throw badRequest('Non-integer X-Delete-At');
  const moment = Math.min(Number(at), LATEST);
  if (moment <= nowMs / 1000) throw badRequest('X-Delete-At in past');
  return moment;
}

function afterNow(after: string, nowMs: number): number {
  if (!INTEGER.test(after)) throw badRequest('Non-integer X-Delete-After');
  const moment = Math.min(Math.floor(nowMs / 1000 + Number(after)), LATEST);
  if (moment <= nowMs / 1000) throw badRequest('X-Delete-After in past');
  return moment;
}
