import { S3Error } from '../s3-error.js';
import type { XmlNode } from '../xml/xml-reader.js';
import { optional, xml, xmlDocument } from '../xml/xml-writer.js';

/** One rule of a bucket's CORS configuration. */
export interface CorsRule {
  id?: string;
  methods: readonly string[];
  /** With at most one `*`. */
  origins: readonly string[];
  /** What a preflight may ask for, with at most one `*`; any case. */
  headers: readonly string[];
  exposed: readonly string[];
  maxAgeSeconds?: number;
}

declare module '../../containers/container.js' {
  interface ContainerSettings {
    cors?: readonly CorsRule[];
  }
}

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];
const MOST_RULES = 100;

/** Reads a `CORSConfiguration`. Throws `MalformedXML` and `InvalidRequest`. */
export function readCors(root: XmlNode): CorsRule[] {
  const rules = root.all('CORSRule').map(ruleOf);
  if (rules.length === 0 || rules.length > MOST_RULES) throw new S3Error('MalformedXML');
  return rules;
}

function ruleOf(node: XmlNode): CorsRule {
  const texts = (name: string): string[] => node.all(name).map(({ text }) => text);
  const [id, maxAge] = [node.textOf('ID'), node.textOf('MaxAgeSeconds')];
  const rule: CorsRule = {
    ...(id !== undefined && { id }), methods: texts('AllowedMethod'), origins: texts('AllowedOrigin'), headers: texts('AllowedHeader'), exposed: texts('ExposeHeader'),
    ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }),
  };
  if (rule.methods.length === 0 || rule.origins.length === 0 || (id?.length ?? 0) > 255) throw new S3Error('MalformedXML');
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) throw new S3Error('MalformedXML');
  requireRule(rule);
  return rule;
}

function requireRule({ methods, origins, headers, exposed }: CorsRule): void {
  const method = methods.find((name) => !METHODS.includes(name));
  if (method !== undefined) throw invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
  const wild = (text: string): boolean => text.indexOf('*') !== text.lastIndexOf('*');
  const origin = origins.find((text) => text === '' || wild(text));
  if (origin !== undefined) throw invalid(`AllowedOrigin "${origin}" can not have more than one wildcard.`);
  const header = headers.find((text) => text === '' || wild(text));
  if (header !== undefined) throw invalid(`AllowedHeader "${header}" can not have more than one wildcard.`);
  const shown = exposed.find((text) => text === '' || text.includes('*'));
  if (shown !== undefined) throw invalid(`ExposeHeader "${shown}" contains wildcard. We currently do not support wildcard for ExposeHeader.`);
  // They become header values: what is no token could carry a header of its own.
  const odd = [...origins, ...headers, ...exposed].find((text) => !/^[\x21-\x7e]+$/.test(text));
  if (odd !== undefined) throw invalid('A CORS rule holds a character that no header can.');
}

export function corsDocument(rules: readonly CorsRule[]): string {
  return xmlDocument('CORSConfiguration', rules.map((rule) => xml('CORSRule', [
    optional('ID', rule.id),
    ...rule.methods.map((method) => xml('AllowedMethod', method)),
    ...rule.origins.map((origin) => xml('AllowedOrigin', origin)),
    ...rule.headers.map((header) => xml('AllowedHeader', header)),
    optional('MaxAgeSeconds', rule.maxAgeSeconds),
    ...rule.exposed.map((header) => xml('ExposeHeader', header)),
  ])));
}

/** What a browser tells of a request from another site's page. */
export interface CorsQuestion {
  origin: string;
  method: string;
  /** Of a preflight's `Access-Control-Request-Headers`. */
  headers: readonly string[];
}

/** The first rule that lets the request through; undefined where none does. */
export function matchingRule(rules: readonly CorsRule[], question: CorsQuestion): CorsRule | undefined {
  return rules.find((rule) => rule.methods.includes(question.method)
    && rule.origins.some((pattern) => isOrigin(pattern, question.origin))
    && question.headers.every((header) => rule.headers.some((pattern) => isLike(pattern.toLowerCase(), header.toLowerCase()))));
}

function isOrigin(pattern: string, origin: string): boolean {
  return isLike(pattern, origin);
}

function isLike(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

/** The headers of an answer that the rule lets the page read. */
export function corsHeaders(rule: CorsRule, question: CorsQuestion): Record<string, string> {
  const isForAll = rule.origins.includes('*');
  return {
    'access-control-allow-origin': isForAll ? '*' : question.origin,
    'access-control-allow-methods': rule.methods.join(', '),
    ...(!isForAll && { 'access-control-allow-credentials': 'true' }),
    ...(rule.exposed.length > 0 && { 'access-control-expose-headers': rule.exposed.join(', ') }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

/** The headers that a preflight is answered with. */
export function preflightHeaders(rule: CorsRule, question: CorsQuestion): Record<string, string> {
  return {
    ...corsHeaders(rule, question),
    ...(question.headers.length > 0 && { 'access-control-allow-headers': question.headers.map((header) => header.toLowerCase()).join(', ') }),
    ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  };
}

function invalid(message: string): S3Error {
  return new S3Error('InvalidRequest', { message });
}
