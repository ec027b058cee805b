import { ownEntry } from '@virga/kernel';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { S3Error } from '../s3-error.js';

/** An element that was sent: names without their namespace's prefix, text with its references resolved. */
export class XmlNode {
  constructor(readonly name: string, readonly attributes: Readonly<Record<string, string>>, readonly children: readonly XmlNode[], readonly text: string) {}

  /** The first child of that name. */
  find(name: string): XmlNode | undefined {
    return this.children.find((child) => child.name === name);
  }

  /** All children of that name, in their order. */
  all(name: string): XmlNode[] {
    return this.children.filter((child) => child.name === name);
  }

  /** The text of the first child of that name. */
  textOf(name: string): string | undefined {
    return this.find(name)?.text;
  }

  /** The text of a child that must be there; throws `MalformedXML`. */
  requiredText(name: string): string {
    const text = this.textOf(name);
    if (text === undefined) throw malformed();
    return text;
  }
}

/** More than ten thousand parts or a thousand keys need. Each costs far more memory than it has bytes, and some documents come from anybody. */
const MOST_TAGS = 150_000;

/** Deep nesting has no meaning in S3's documents; it only costs stack. */
const DEEPEST = 16;

/**
 * Entities stay as they are in the parser, and this file resolves XML's own five and character references: nothing that a
 * document declares is ever expanded. Values stay text: a key called `1e3` is no number.
 */
const parser = new XMLParser({
  preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '', parseTagValue: false, parseAttributeValue: false, trimValues: false,
  processEntities: false, htmlEntities: false, removeNSPrefix: true, ignoreDeclaration: true, ignorePiTags: true, cdataPropName: '#cdata', maxNestedTags: DEEPEST,
});

/** The root element of a document, which must have the given name. Throws `MalformedXML`; a DOCTYPE is one reason. */
export function readXml(bytes: Buffer, rootName: string | readonly string[]): XmlNode {
  const text = decodedText(bytes);
  if (hasTooManyTags(text) || /<!(DOCTYPE|ENTITY)/i.test(text)) throw malformed();
  if (XMLValidator.validate(text) !== true) throw malformed();
  const roots = nodesOf(parsed(text));
  const [root] = roots.children;
  if (root === undefined || roots.children.length !== 1 || !([] as string[]).concat(rootName).includes(root.name)) throw malformed();
  return root;
}

function hasTooManyTags(text: string): boolean {
  let count = 0;
  for (let at = text.indexOf('<'); at >= 0 && count <= MOST_TAGS; at = text.indexOf('<', at + 1)) count += 1;
  return count > MOST_TAGS;
}

function decodedText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed(cause);
  }
}

type Parsed = Record<string, unknown>;

function parsed(text: string): Parsed[] {
  try {
    return parser.parse(text) as Parsed[];
  } catch (cause) {
    throw malformed(cause);
  }
}

function nodesOf(entries: readonly Parsed[], depth = 0): { children: XmlNode[]; text: string } {
  if (depth > DEEPEST) throw malformed();
  const children: XmlNode[] = [];
  let text = '';
  for (const entry of entries) {
    const [name] = Object.keys(entry).filter((key) => key !== ':@');
    if (name === undefined) continue;
    if (name === '#text') text += resolved(String(entry[name]));
    else if (name === '#cdata') text += cdata(entry[name]);
    else children.push(nodeOf(name, entry, depth));
  }
  return { children, text };
}

function nodeOf(name: string, entry: Parsed, depth: number): XmlNode {
  const inner = nodesOf((entry[name] ?? []) as Parsed[], depth + 1);
  const attributes = Object.fromEntries(Object.entries((entry[':@'] ?? {}) as Parsed).map(([key, value]) => [key, resolved(String(value))]));
  return new XmlNode(name, attributes, inner.children, inner.text);
}

function cdata(content: unknown): string {
  return (content as Parsed[]).map((part) => String(part['#text'] ?? '')).join('');
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' };

function resolved(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{1,8}));|&/gi, (_, hex?: string, decimal?: string, name?: string) => {
    const named = name === undefined ? undefined : ownEntry(NAMED, name);
    if (named !== undefined) return named;
    const point = hex === undefined ? Number(decimal ?? NaN) : parseInt(hex, 16);
    if (!Number.isInteger(point) || point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw malformed();
    return String.fromCodePoint(point);
  });
}

function malformed(cause?: unknown): S3Error {
  return new S3Error('MalformedXML', { cause });
}
