import { T } from '@virga/contract';
import { Texts } from './values.js';

/** Cinder's `osapi_max_limit`: the most that one page holds. */
export const MAX_PAGE = 1000;

/** `limit`, `marker` and `offset` (block storage API v3, "Pagination"). */
export const paging = {
  limit: T.Optional(T.Union([T.Integer({ minimum: 0, maximum: 2_147_483_647 }), T.Array(T.Integer({ minimum: 0, maximum: 2_147_483_647 }))])),
  marker: T.Optional(Texts),
  offset: T.Optional(T.Union([T.Integer({ minimum: 0, maximum: 2_147_483_647 }), T.Array(T.Integer({ minimum: 0, maximum: 2_147_483_647 }))])),
};

/** The order of a list: `sort=key:dir,key`, or the older pair. */
export const sorting = { sort: T.Optional(Texts), sort_key: T.Optional(Texts), sort_dir: T.Optional(Texts) };
