import type { FrontReply } from '../../front/index.js';
import { xmlDocument, type XmlContent } from '../xml/xml-writer.js';

type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** 200 with a document in S3's namespace. */
export function xmlReply(name: string, content: XmlContent, headers: ReplyHeaders = {}): FrontReply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...present(headers) }, body: xmlDocument(name, content) };
}

/** 200 with a document that is written already. */
export function documentReply(document: string, headers: ReplyHeaders = {}): FrontReply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...present(headers) }, body: document };
}

export function emptyReply(status: number, headers: ReplyHeaders = {}): FrontReply {
  return { status, headers: present(headers), body: '' };
}

/** Without those that have no value. */
export function present(headers: ReplyHeaders): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined));
}
