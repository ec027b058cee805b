import { ownEntry } from '@virga/kernel';
import { lookup } from 'mime-types';
import { requireContentType } from '../headers/index.js';
import { saysYes, type HeaderMap } from '../request/index.js';

/** Where the table of types knows newer names than Swift's clients expect. */
const OLDER: Readonly<Record<string, string>> = { 'audio/wav': 'audio/x-wav' };

/** The type that a PUT gives an object: what the client says, else what the name's ending means. Throws 400. */
export function contentTypeOf(headers: HeaderMap, name: string): string {
  const said = headers['content-type'];
  if (said !== undefined && said !== '' && !saysYes(headers['x-detect-content-type'])) return requireContentType(said);
  const [ending] = /\.[^./]+$/.exec(name) ?? [];
  const type = (ending !== undefined && lookup(ending)) || 'application/octet-stream';
  return ownEntry(OLDER, type) ?? type;
}
