import { ownEntry } from '@virga/kernel';
import { badRequest, SwiftFault } from '../faults/index.js';

export type ListingType = 'text/plain' | 'application/json' | 'application/xml' | 'text/xml';

const OFFERED: readonly ListingType[] = ['text/plain', 'application/json', 'application/xml', 'text/xml'];
const BY_FORMAT: Readonly<Record<string, ListingType>> = { plain: 'text/plain', json: 'application/json', xml: 'application/xml' };

/** The type in which a listing is answered: the format parameter's, else the best of Accept. Throws 406 where none will do. */
export function listingType(format: string | null, accept: string | undefined): ListingType {
  if (format !== null && format !== '') return ownEntry(BY_FORMAT, format.toLowerCase()) ?? 'text/plain';
  if (accept === undefined || accept.trim() === '') return 'text/plain';
  const ranges = accept.split(',').map(mediaRange);
  const best = OFFERED.map((type) => ({ type, quality: qualityOf(type, ranges) })).reduce((one, two) => (two.quality > one.quality ? two : one));
  if (best.quality <= 0) throw new SwiftFault(406);
  return best.type;
}

interface MediaRange {
  type: string;
  subtype: string;
  quality: number;
}

function mediaRange(text: string): MediaRange {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim());
  const [, type, subtype] = /^([^/\s]+)\/([^/\s]+)$/.exec(range) ?? (range === '*' ? ['', '*', '*'] : []);
  if (type === undefined || subtype === undefined) throw badRequest('Invalid Accept header');
  const quality = parameters.map((parameter) => /^q\s*=\s*"?([\d.]*)"?$/i.exec(parameter)?.[1]).find((value) => value !== undefined);
  return { type: type.toLowerCase(), subtype: subtype.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) || 0 };
}

/** The most specific range that fits decides. */
function qualityOf(offered: ListingType, ranges: readonly MediaRange[]): number {
  const [type, subtype] = offered.split('/') as [string, string];
  const fitting = ranges.filter((range) => (range.type === '*' || range.type === type) && (range.subtype === '*' || range.subtype === subtype));
  const specificity = (range: MediaRange): number => (range.type === '*' ? 0 : 1) + (range.subtype === '*' ? 0 : 1);
  return fitting.toSorted((one, two) => specificity(two) - specificity(one) || two.quality - one.quality)[0]?.quality ?? 0;
}
