import type { RequestFacts } from '@virga/contract';
import { nextPageUrl } from '@virga/http';
import { Invalid } from '@virga/kernel';

/** The most entries that one page holds (Nova's `api.max_limit`). */
export const MAX_PAGE = 1000;

/** The entry after which a page should begin is not there. */
export class MarkerUnknown extends Invalid {
  constructor(marker: string) {
    super('request.marker.unknown', `marker [${marker.slice(0, 64)}] not found`);
  }
}

/** `{ <list>_links: [next] }` after a full page, nothing after the last one. */
export function nextLinks<Name extends string>(name: Name, request: RequestFacts, page: { limit: number; found: number; last: string | number | undefined }): Partial<Record<Name, { rel: string; href: string }[]>> {
  if (page.found < page.limit || page.last === undefined) return {};
  return { [name]: [{ rel: 'next', href: nextPageUrl(request, String(page.last)) }] } as Record<Name, { rel: string; href: string }[]>;
}
