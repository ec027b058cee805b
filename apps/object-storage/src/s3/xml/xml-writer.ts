/** A piece of XML that is written already: everything in it is escaped. */
export class Xml {
  constructor(readonly text: string) {}
}

export type XmlContent = string | number | bigint | boolean | Xml | readonly (Xml | undefined)[] | undefined;

export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** One element. `undefined` makes an empty one; leave out what may be absent with `optional`. */
export function xml(name: string, content?: XmlContent, attributes: Readonly<Record<string, string>> = {}): Xml {
  const open = Object.entries(attributes).reduce((text, [key, value]) => `${text} ${key}="${escaped(value)}"`, name);
  const inner = written(content);
  return new Xml(inner === '' ? `<${open}/>` : `<${open}>${inner}</${name}>`);
}

/** An element where there is a value, else nothing. */
export function optional(name: string, content: string | number | bigint | boolean | Xml | undefined): Xml | undefined {
  return content === undefined ? undefined : xml(name, content);
}

/** A whole document in S3's namespace. */
export function xmlDocument(name: string, content?: XmlContent): string {
  return `${DECLARATION}${xml(name, content, { xmlns: S3_NAMESPACE }).text}`;
}

/** A document without a namespace, as S3 writes errors. */
export function bareXmlDocument(name: string, content?: XmlContent): string {
  return `${DECLARATION}${xml(name, content).text}`;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

function written(content: XmlContent): string {
  if (content === undefined) return '';
  if (content instanceof Xml) return content.text;
  if (Array.isArray(content)) return content.map((part: Xml | undefined) => part?.text ?? '').join('');
  return escaped(String(content as string));
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Control characters are written as references, as S3 does: XML 1.0 has no way to say most of them, and clients that meet such
 * keys ask with encoding-type=url.
 */
function escaped(text: string): string {
  return text.replace(/[&<>"\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g, (character) => ENTITIES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`);
}
