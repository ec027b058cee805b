import { MAX_PAGE } from '@virga/contracts-block-storage';
import { pageRequest, type PageRules } from '@virga/http';
import { Invalid, type PageRequest } from '@virga/kernel';

/** A page as Cinder's clients ask for it: `offset` skips what comes after the marker. */
export interface OffsetPage extends PageRequest {
  offset: number;
}

type Value = string | number | readonly (string | number)[] | undefined;

export interface PageQuery {
  limit?: Value;
  marker?: Value;
  offset?: Value;
  sort?: Value;
  sort_key?: Value;
  sort_dir?: Value;
}

/** The entry after which a page should begin is not there: Cinder says 404. */
export class MarkerUnknown extends Invalid {
  constructor(marker: string) {
    super('request.marker.unknown', `marker [${marker.slice(0, 64)}] could not be found.`, { status: 404 });
  }
}

/** Reads what every list takes; of a parameter that is given twice, the first counts. Throws `Invalid`. */
export function offsetPage(query: PageQuery, rules: Omit<PageRules, 'maxLimit' | 'defaultDirection'>): OffsetPage {
  const limit = first(query.limit);
  const page = pageRequest({
    ...(limit !== undefined && Number(limit) > 0 && { limit: Number(limit) }), marker: text(query.marker), sort: sortText(text(query.sort)), ...pairs(query),
  }, { ...rules, maxLimit: MAX_PAGE, defaultDirection: 'desc' });
  // A limit of none is no entry at all, not the largest page.
  return { ...page, limit: limit !== undefined && Number(limit) === 0 ? 0 : page.limit, offset: Number(first(query.offset) ?? 0) };
}

function pairs({ sort, sort_key: key, sort_dir: direction }: PageQuery): { sort_key?: string; sort_dir?: string } {
  if (sort !== undefined && (key !== undefined || direction !== undefined)) {
    throw new Invalid('request.sort.both', 'The "sort_key" and "sort_dir" parameters are deprecated and cannot be used with the "sort" parameter.');
  }
  const [keyText, directionText] = [text(key), text(direction)];
  return {
    ...((keyText ?? (directionText === undefined ? undefined : 'created_at')) !== undefined && { sort_key: keyText ?? 'created_at' }),
    ...(directionText !== undefined && { sort_dir: directionText }),
  };
}

/** White space between keys means nothing. */
function sortText(sort: string | undefined): string | undefined {
  return sort?.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '').join(',') || undefined;
}

function first(value: Value): string | number | undefined {
  return Array.isArray(value) ? (value as readonly (string | number)[])[0] : value as string | number | undefined;
}

function text(value: Value): string | undefined {
  const found = first(value);
  return found === undefined ? undefined : String(found);
}
