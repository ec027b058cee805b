import { createHash } from 'node:crypto';

/** What is signed of a request, before anything is interpreted. */
export interface SignedParts {
  method: string;
  /** As it was sent. */
  rawPath: string;
  rawQuery: string;
  header: (name: string) => string | undefined;
}

const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * The one way of writing a path or a query that both sides agree on: each byte but the unreserved ones as `%XX`. What was encoded
 * already is decoded first, and nothing is joined or left out: `//` stays, since it is part of a key.
 */
export function uriEncoded(raw: string, options: { keepSlash: boolean; plusIsSpace?: boolean }): string {
  let text = '';
  for (let at = 0; at < raw.length; at++) {
    const encoded = raw[at] === '%' ? /^[0-9a-f]{2}/i.exec(raw.slice(at + 1, at + 3))?.[0] : undefined;
    if (encoded !== undefined) at += 2;
    const bytes = encoded !== undefined ? [parseInt(encoded, 16)] : options.plusIsSpace === true && raw[at] === '+' ? [0x20] : [raw.charCodeAt(at) & 0xff];
    for (const byte of bytes) text += encodedByte(byte, options.keepSlash && encoded === undefined);
  }
  return text;
}

function encodedByte(byte: number, isSlashKept: boolean): string {
  const character = String.fromCharCode(byte);
  if (UNRESERVED.test(character) || (character === '/' && isSlashKept)) return character;
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** The query's parameters in their order, without the signature itself. */
export function canonicalQuery(rawQuery: string, without: readonly string[]): string {
  const pairs = rawQuery.split('&').filter((pair) => pair !== '').map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    const encode = (text: string): string => uriEncoded(text, { keepSlash: false, plusIsSpace: true });
    return [encode(name), encode(value)];
  });
  return pairs.filter(([name]) => !without.includes(name)).sort(byNameThenValue).map(([name, value]) => `${name}=${value}`).join('&');
}

function byNameThenValue([name, value]: [string, string], [otherName, otherValue]: [string, string]): number {
  if (name !== otherName) return name < otherName ? -1 : 1;
  return value < otherValue ? -1 : value > otherValue ? 1 : 0;
}

/** The canonical request of signature V4. Header values are bytes, held as latin1 text. */
export function canonicalRequest(parts: SignedParts, signedHeaders: readonly string[], payloadHash: string): string {
  return [
    parts.method,
    uriEncoded(parts.rawPath, { keepSlash: true }),
    canonicalQuery(parts.rawQuery, ['X-Amz-Signature']),
    ...signedHeaders.map((name) => `${name}:${canonicalValue(parts.header(name) ?? '')}`),
    '',
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

function canonicalValue(value: string): string {
  return value.trim().replace(/ +/g, ' ');
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}
