import { fragment, type Fragment } from '@virga/persistence';
import { withoutEnd } from '../text/index.js';
import type { ListQuery } from './list-query.js';
import { successor } from './successor.js';

const DELIMITER_OF_PATHS = '/';
/** The greatest character, as often as a name is long: above all that begins with what stands before it. */
const BEYOND = '\u{10ffff}'.repeat(256);

/** The arguments of the `list_…` functions after the scope. A path is a folder: with or without its last slash; empty for the top. */
export function listArguments(query: ListQuery): Fragment {
  const isPath = query.path !== undefined;
  const folder = query.path === undefined || query.path === '' ? '' : withoutEnd(query.path, DELIMITER_OF_PATHS) + DELIMITER_OF_PATHS;
  const prefix = isPath ? folder : query.prefix ?? '';
  const delimiter = isPath ? DELIMITER_OF_PATHS : query.delimiter ?? '';
  const [lower, upper] = query.isReversed === true ? [query.endMarker, query.marker] : [query.marker, query.endMarker];
  return fragment`${prefix}, ${successor(prefix) ?? null}, ${delimiter}, ${afterDelimiter(delimiter)}, ${given(lower)}, ${given(upper)}, ${isPath}, ${query.limit}`;
}

/** The least text above all that begin with the delimiter. */
export function afterDelimiter(delimiter: string): string {
  return successor(delimiter) ?? delimiter + BEYOND;
}

/** An empty marker is none. */
function given(marker: string | undefined): string | null {
  return marker === undefined || marker === '' ? null : marker;
}
