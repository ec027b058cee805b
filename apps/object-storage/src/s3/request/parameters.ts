import { S3Error, invalidArgument } from '../s3-error.js';

const LARGEST = 2_147_483_647;

/** A whole number in the query (`max-keys`); throws `InvalidArgument`, as S3 does, for anything else. */
export function countParameter(query: URLSearchParams, name: string, absent: number): number {
  const text = query.get(name);
  if (text === null) return absent;
  if (!/^-?\d{1,12}$/.test(text) || Number(text) > LARGEST) throw invalidArgument(name, text, `Provided ${name} not an integer or within integer range`);
  if (Number(text) < 0) throw invalidArgument(name, text, `Argument ${name} must be an integer between 0 and ${LARGEST}`);
  return Number(text);
}

/** A parameter that counts only when it has a value. */
export function textParameter(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name);
  if (text?.includes('\0')) throw invalidArgument(name, text);
  return text === null || text === '' ? undefined : text;
}

/** How names are to be written in an answer: as they are, or percent-encoded where `encoding-type=url` asks for it. */
export function nameEncoding(query: URLSearchParams): { type: 'url' | undefined; encode: (name: string) => string } {
  const type = query.get('encoding-type');
  if (type === null || type === '') return { type: undefined, encode: (name) => name };
  if (type.toLowerCase() !== 'url') throw new S3Error('InvalidArgument', { message: 'Invalid Encoding Method specified in Request', fields: { ArgumentName: 'encoding-type', ArgumentValue: type } });
  return { type: 'url', encode: urlEncoded };
}

/** Percent-encodes as S3 does in lists: slashes stay. */
export function urlEncoded(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%2F', '/');
}
