import type { ByteRange } from '@virga/ports';
import type { Content } from '../features/index.js';
import { badRequest, SwiftFault } from '../faults/index.js';
import type { ObjectRequest } from '../request/index.js';

/** One part of an object that was made of parts. */
export interface AskedPart {
  range: ByteRange;
  count: number;
}

/** What `?part-number=` names, counted from 1; undefined where nothing is asked or the object has no parts. Throws 400 and 416. */
export async function askedPart({ query, headers, front }: ObjectRequest, content: Content): Promise<AskedPart | undefined> {
  const text = query.get('part-number');
  if (text === null || text === '' || content.partSizes === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw badRequest('Part number must be an integer greater than 0');
  if (headers['range'] !== undefined) throw badRequest('Range requests are not supported with part number queries');
  const sizes = await content.partSizes(front.signal);
  const size = sizes[Number(text) - 1];
  if (size === undefined) throw new SwiftFault(416, undefined, { headers: { 'content-range': `bytes */${content.sizeBytes}`, 'x-parts-count': String(sizes.length) } });
  const first = sizes.slice(0, Number(text) - 1).reduce((sum, before) => sum + before, 0);
  return { range: { first, last: first + size - 1 }, count: sizes.length };
}
