import type { InputOf, RequestFacts } from '@virga/contract';
import type { listServerDetails } from '@virga/contracts-compute';
import { nextPageUrl, pageRequest } from '@virga/http';
import type { ServerDetails, ServerReferenceRow } from './server-details.repository.js';
import type { Listed, Listing } from './servers.service.js';

/** Nova's `osapi_max_limit`: the most that one page holds. */
const MOST_SERVERS = 1000;

/** What a list request asks for; its order is read where the filters are. */
export function listingOf({ query, version }: Pick<InputOf<typeof listServerDetails>, 'query' | 'version'>, rules: Listing['rules']): Listing {
  const [limit, marker] = [[query.limit].flat()[0], [query.marker].flat()[0]];
  const page = pageRequest({ limit, marker }, { maxLimit: MOST_SERVERS, sortable: [], defaultSort: [], defaultDirection: 'desc' });
  return { query, version, rules, page };
}

/** The link to the next page where this one is full. */
export function nextLinks({ servers, isFull }: Listed<ServerDetails | ServerReferenceRow>, request: RequestFacts): { servers_links?: { rel: string; href: string }[] } {
  const last = servers.at(-1);
  return isFull && last !== undefined ? { servers_links: [{ rel: 'next', href: nextPageUrl(request, last.id) }] } : {};
}
