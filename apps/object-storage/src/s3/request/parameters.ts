import { S3Error, invalidArgument } from '../s3-error.js';
import { xml, type Xml } from '../xml/xml-writer.js';

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
export function nameEncoding(query: URLSearchParams): NameEncoding {
  const type = query.get('encoding-type');
  if (type === null || type === '') return new NameEncoding(undefined, (name) => name);
  if (type.toLowerCase() !== 'url') throw new S3Error('InvalidArgument', { message: 'Invalid Encoding Method specified in Request', fields: { ArgumentName: 'encoding-type', ArgumentValue: type } });
  return new NameEncoding('url', urlEncoded);
}

/** Writes names into an answer. */
export class NameEncoding {
  constructor(readonly type: 'url' | undefined, readonly encode: (name: string) => string) {}

  /** The element where there is such a name. */
  optional(element: string, name: string | undefined | null): Xml | undefined {
    return name === undefined || name === null ? undefined : xml(element, this.encode(name));
  }

  /**
   * The prefix of ListObjects as it was asked for: the AWS clients for Python decode all names of that answer but this one. Only
   * what XML cannot say is encoded.
   */
  prefix(text: string | null): Xml {
    return /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]*$/.test(text ?? '') ? xml('Prefix', text ?? '') : this.xml('Prefix', text);
  }

  /** The element, empty where there is no such name. */
  xml(element: string, name: string | undefined | null): Xml {
    return xml(element, this.encode(name ?? ''));
  }
}

/** Percent-encodes as S3 does in lists: slashes stay. */
export function urlEncoded(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%2F', '/');
}
