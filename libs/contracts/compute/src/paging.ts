import { T } from '@virga/contract';

/** `limit` and `marker` (compute API guide, "Paginated collections"). */
export const paging = { limit: T.Optional(T.Integer({ minimum: 0 })), marker: T.Optional(T.String()) };

const MAX_INTEGER = 2_147_483_647;

/** A whole number from `minimum`, also as text: what older clients send. */
export const WholeNumber = (minimum: -1 | 0 | 1) => T.Union([
  T.Integer({ minimum, maximum: MAX_INTEGER }),
  T.String({ pattern: { '-1': '^(-1|[0-9]{1,9})$', 0: '^[0-9]{1,9}$', 1: '^0*[1-9][0-9]{0,8}$' }[String(minimum)] as string, maxLength: 255 }),
]);
