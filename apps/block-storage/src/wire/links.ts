import type { RequestFacts } from '@virga/contract';
import type { Caller } from '@virga/kernel';

export interface Link {
  rel: string;
  href: string;
}

/** A resource's links: with the caller's project in the path, as older clients expect it. */
export function linksTo(collection: string, id: string, { baseUrl }: RequestFacts, { projectId }: Pick<Caller, 'projectId'>): Link[] {
  const project = projectId === undefined ? '' : `/${projectId}`;
  return [{ rel: 'self', href: `${baseUrl}/v3${project}/${collection}/${id}` }, { rel: 'bookmark', href: `${baseUrl}${project}/${collection}/${id}` }];
}

/** `{ <list>_links: [next] }` after a full page, nothing after the last one. */
export function nextLinks<Name extends string>(
  name: Name, { baseUrl, url }: RequestFacts, { projectId }: Pick<Caller, 'projectId'>, page: { isFull: boolean; last: string | undefined },
): Partial<Record<Name, Link[]>> {
  if (!page.isFull || page.last === undefined) return {};
  const next = new URL(url, 'http://placeholder');
  next.searchParams.set('marker', page.last);
  next.searchParams.delete('offset');
  const path = projectId === undefined ? next.pathname : next.pathname.replace(/^\/v3/, `/v3/${projectId}`);
  return { [name]: [{ rel: 'next', href: `${baseUrl}${path}${next.search}` }] } as Record<Name, Link[]>;
}
