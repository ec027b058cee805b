import type { RequestFacts } from '@virga/contract';
import { nextPageUrl, selfUrl } from '@virga/http';
import { fragment, identifier, type Fragment } from '@virga/persistence';
import type { Query } from './filters.js';

/**
 * The most that one reply lists. Clients of the identity API expect whole lists, so it is high; it keeps one request
 * from taking all memory.
 */
const MOST = 10_000;

/** At most `limit` entries after the one whose id is `marker`. */
export interface Page {
  limit: number;
  marker: string | undefined;
}

export interface Listed<Entry> {
  entries: Entry[];
  /** Whether there are more. */
  isCut: boolean;
}

export function pageOf(query: Query): Page {
  const asked = Number(query['limit'] ?? MOST);
  const marker = query['marker'];
  return { limit: asked > 0 && asked < MOST ? asked : MOST, marker: typeof marker === 'string' && marker !== '' ? marker : undefined };
}

/** Orders by `key` and then by id, from the marker on, and asks for one more than fits: whether it is there tells of a next page. */
export function pageClauses(page: Page, table: string, alias: string, key: string): { after: Fragment; tail: Fragment } {
  const [sort, id, from] = [identifier(`${alias}.${key}`), identifier(`${alias}.id`), identifier(table)];
  const after = page.marker === undefined ? fragment`TRUE`
    : fragment`(${sort}, ${id}) > (SELECT m.${identifier(key)}, m.id FROM ${from} m WHERE m.id = ${page.marker})`;
  return { after, tail: fragment`ORDER BY ${sort}, ${id} LIMIT ${page.limit + 1}` };
}

export function listed<Entry>(rows: readonly Entry[], page: Page): Listed<Entry> {
  return { entries: rows.slice(0, page.limit), isCut: rows.length > page.limit };
}

/** A list's reply without its entries: links, and `truncated` where there is more. */
export function listFrame(request: RequestFacts, { entries, isCut }: Listed<{ id: string }>) {
  const last = entries.at(-1);
  return {
    links: { self: selfUrl(request), previous: null, next: isCut && last !== undefined ? nextPageUrl(request, last.id) : null },
    ...(isCut && { truncated: true }),
  };
}

/** The URL of something below the API's root. */
export function linkTo(request: RequestFacts, path: string): string {
  return `${request.baseUrl}/v3/${path}`;
}
