import { T } from '@virga/contract';
import { Texts } from './values.js';

/** Cinder's `osapi_max_limit`: the most that one page holds. */
export const MAX_PAGE = 1000;

const Amount = T.Integer({ minimum: 0, maximum: 2_147_483_647 });
const Amounts = T.Union([Amount, T.Array(Amount)]);

/** What every listing takes beside its filters: where its page begins (block storage API v3, "Pagination") and its order, `sort=key:dir,key` or the older pair. */
export const paging = {
  limit: T.Optional(Amounts), marker: T.Optional(Texts), offset: T.Optional(Amounts), sort: T.Optional(Texts), sort_key: T.Optional(Texts), sort_dir: T.Optional(Texts),
};
