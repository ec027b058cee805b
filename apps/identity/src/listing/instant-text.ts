import { Invalid } from '@virga/kernel';

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?)(Z|[+-]\d\d:?\d\d)?$/;

/**
 * A caller's point in time (ISO 8601; without zone it is UTC) in a form that PostgreSQL reads to the microsecond, which a
 * `Date` would lose. Throws `Invalid` where it is none or not after `now`.
 */
export function futureTime(text: string, now: number): { text: string; at: number } {
  const match = ISO.exec(text);
  const written = match === null ? '' : `${match[1]}T${match[2]?.replace(',', '.')}${match[3] ?? 'Z'}`;
  const at = Date.parse(written);
  if (Number.isNaN(at)) throw new Invalid('identity.time', `'${text}' is not a time such as 2030-12-31T23:59:59Z.`);
  if (at <= now) throw new Invalid('identity.time.past', `'${text}' is not in the future.`);
  return { text: written, at };
}
