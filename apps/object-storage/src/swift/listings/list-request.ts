import type { ListQuery } from '../../listing/index.js';
import { badRequest, preconditionFailed } from '../faults/index.js';
import { saysYes } from '../request/index.js';

const TEXTS = ['prefix', 'delimiter', 'marker', 'end_marker', 'path', 'format'] as const;

/** What the query of a listing asks for. Throws 412 for a limit beyond `most`, 400 for text that is no UTF-8. */
export function listRequest(query: URLSearchParams, rawQuery: string, most: number): ListQuery {
  requireText(query, rawQuery);
  const text = (name: string): string | undefined => query.get(name) || undefined;
  const [prefix, delimiter] = [text('prefix'), text('delimiter')];
  const path = query.get('path') ?? undefined;
  if (hasNul(prefix) || hasNul(path)) return { limit: 0 };
  return {
    limit: limitOf(query.get('limit'), most),
    ...(prefix !== undefined && { prefix }),
    ...(delimiter !== undefined && !hasNul(delimiter) && { delimiter }),
    ...(path !== undefined && { path }),
    ...ends(text('marker'), text('end_marker'), saysYes(query.get('reverse'))),
  };
}

function ends(marker: string | undefined, endMarker: string | undefined, isReversed: boolean): Pick<ListQuery, 'marker' | 'endMarker' | 'isReversed'> {
  return {
    ...(marker !== undefined && { marker: isReversed ? upperEnd(marker) : lowerEnd(marker) }),
    ...(endMarker !== undefined && { endMarker: isReversed ? lowerEnd(endMarker) : upperEnd(endMarker) }),
    ...(isReversed && { isReversed }),
  };
}

function hasNul(text: string | undefined): boolean {
  return text?.includes('\0') === true;
}

/** No name holds NUL, yet clients append it to include the name before it: nothing lies between a name and the name with NUL. */
function lowerEnd(marker: string): string {
  return marker.split('\0', 1)[0] as string;
}

function upperEnd(marker: string): string {
  return hasNul(marker) ? `${lowerEnd(marker)}\u0001` : marker;
}

/** What is no number asks for nothing. */
function limitOf(asked: string | null, most: number): number {
  if (asked === null || !/^\d+$/.test(asked)) return most;
  const limit = Number(asked);
  if (limit > most) throw preconditionFailed(`Maximum limit is ${most}`);
  return limit;
}

/** URLSearchParams puts U+FFFD where bytes are no UTF-8: where the client did not send that character, it is such a place. */
function requireText(query: URLSearchParams, rawQuery: string): void {
  for (const name of TEXTS) {
    const value = query.get(name);
    if (value === null) continue;
    const isBroken = value.includes('�') && !/%EF%BF%BD/i.test(rawQuery) && !rawQuery.includes('�');
    if (isBroken) throw badRequest(`"${name}" parameter not valid UTF-8`);
  }
}
