import type { RequestFacts } from '@virga/contract';
import type { ListRequest } from './list-request.js';

/** `<collection>_links` of a page (Neutron API, "Pagination"): only where a limit was given, and only to where there may be more. */
export function pageLinks(request: RequestFacts, list: ListRequest, rows: readonly { id: string }[]): { rel: string; href: string }[] | undefined {
  const [first, last] = [rows[0], rows.at(-1)];
  if (list.limit === undefined || first === undefined || last === undefined) return undefined;
  const isFull = rows.length >= list.limit;
  const links = [
    ...(isFull || list.isReversed ? [{ rel: 'next', href: link(request, last.id, false) }] : []),
    ...(isFull || !list.isReversed ? [{ rel: 'previous', href: link(request, first.id, true) }] : []),
  ];
  return links.length === 0 ? undefined : links;
}

function link(request: RequestFacts, marker: string, isReversed: boolean): string {
  const url = new URL(request.url, 'http://placeholder');
  url.searchParams.delete('page_reverse');
  url.searchParams.set('marker', marker);
  if (isReversed) url.searchParams.set('page_reverse', 'True');
  return `${request.baseUrl}${url.pathname}${url.search}`;
}

/** A list's reply: the page's views under the collection's name, with links where there are any. */
export function page<View>(collection: string, views: readonly View[], links: { rel: string; href: string }[] | undefined): Record<string, unknown> {
  return { [collection]: views, ...(links !== undefined && { [`${collection}_links`]: links }) };
}

/** The attributes that were asked for, without those that the caller may not see. */
export function visibleFields<View extends object>(view: View, fields: ReadonlySet<string>, hidden: ReadonlySet<string>): Partial<View> {
  if (fields.size === 0 && hidden.size === 0) return view;
  const kept = Object.entries(view).filter(([name]) => (fields.size === 0 || fields.has(name)) && !hidden.has(name));
  return Object.fromEntries(kept) as Partial<View>;
}
