import { S3Error } from '../s3-error.js';
import type { XmlNode } from '../xml/xml-reader.js';
import { xml, xmlDocument } from '../xml/xml-writer.js';

/** Tags by key, in the order of their keys; pairs, because a database's JSON objects have an order of their own. */
export type Tags = readonly (readonly [key: string, value: string])[];

declare module '../../containers/container.js' {
  interface ContainerSettings {
    tags?: Tags;
  }
}

declare module '../../objects/object.js' {
  interface ObjectSettings {
    tags?: Tags;
  }
}

export const MOST_OBJECT_TAGS = 10;
export const MOST_BUCKET_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** What S3 allows in keys and values: letters, digits and spaces of any script, and a few signs. */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Tags in order, checked against S3's rules. Throws `InvalidTag`. */
export function checkedTags(pairs: readonly (readonly [string, string])[], most: number): Tags {
  for (const [key, value] of pairs) requireTag(key, value);
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw invalid('Cannot provide multiple Tags with the same key');
  if (pairs.length > most) throw invalid(`${most === MOST_OBJECT_TAGS ? 'Object tags' : 'Bucket tag count'} cannot be greater than ${most}`);
  return [...pairs].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

function requireTag(key: string, value: string): void {
  if (key === '' || [...key].length > LONGEST_KEY || !ALLOWED.test(key)) throw invalid('The TagKey you have provided is invalid');
  if (key.startsWith('aws:')) throw invalid('System tags cannot be added/updated by requester');
  if ([...value].length > LONGEST_VALUE || !ALLOWED.test(value)) throw invalid('The TagValue you have provided is invalid');
}

/** The tags of the header `x-amz-tagging`: `key=value&other`. Throws `InvalidArgument` and `InvalidTag`. */
export function tagsOfHeader(header: string): Tags {
  const pairs = header === '' ? [] : header.split('&').filter((pair) => pair !== '').map((pair) => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [decoded(pair), ''] as const : [decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1))] as const;
  });
  return checkedTags(pairs, MOST_OBJECT_TAGS);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    const message = 'The header \'x-amz-tagging\' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.';
    throw new S3Error('InvalidArgument', { message, cause, fields: { ArgumentName: 'x-amz-tagging' } });
  }
}

/** The tags of a `Tagging` document. Throws `MalformedXML` and `InvalidTag`. */
export function tagsOfDocument(root: XmlNode, most: number): Tags {
  const set = root.find('TagSet');
  if (set === undefined || set.children.some(({ name }) => name !== 'Tag')) throw new S3Error('MalformedXML');
  return checkedTags(set.all('Tag').map((tag) => [tag.requiredText('Key'), tag.requiredText('Value')] as const), most);
}

export function tagsDocument(tags: Tags): string {
  return xmlDocument('Tagging', [xml('TagSet', tags.map(([key, value]) => xml('Tag', [xml('Key', key), xml('Value', value)])))]);
}

function invalid(message: string): S3Error {
  return new S3Error('InvalidTag', { message });
}
