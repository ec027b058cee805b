import { randomBytes } from 'node:crypto';
import { S3Error, invalidArgument } from '../s3-error.js';
import { MOST_OBJECT_TAGS, checkedTags, type Tags } from '../tagging/tags.js';
import type { XmlNode } from '../xml/xml-reader.js';
import { optional, xml, xmlDocument, type Xml } from '../xml/xml-writer.js';
import type { LifecycleFilter, LifecycleRule } from './lifecycle-rules.js';

const MOST_RULES = 1000;
const LONGEST_ID = 255;
const MOST_NEWER_VERSIONS = 100;

/** Reads a `LifecycleConfiguration`. Throws `MalformedXML`, `InvalidArgument`, `InvalidRequest`, and `InvalidStorageClass` for transitions: there is one class. */
export function readLifecycle(root: XmlNode): LifecycleRule[] {
  const rules = root.all('Rule').map(ruleOf);
  if (rules.length === 0 || rules.length > MOST_RULES || root.children.some(({ name }) => name !== 'Rule')) throw malformed();
  if (new Set(rules.map(({ id }) => id)).size < rules.length) throw new S3Error('InvalidArgument', { message: 'Rule ID must be unique. Found same ID for more than one rule' });
  return rules;
}

function ruleOf(node: XmlNode): LifecycleRule {
  const id = node.textOf('ID') ?? '';
  if (id.length > LONGEST_ID) throw invalidArgument('ID', id.slice(0, LONGEST_ID), 'ID length should not exceed allowed limit of 255');
  const status = node.textOf('Status');
  if (status !== 'Enabled' && status !== 'Disabled') throw malformed();
  requireNoTransition(node);
  const rule: LifecycleRule = {
    id: id === '' ? randomBytes(16).toString('hex') : id, isEnabled: status === 'Enabled', ...filterOf(node),
    ...optionally('expiration', node.find('Expiration'), expirationOf),
    ...optionally('noncurrentExpiration', node.find('NoncurrentVersionExpiration'), noncurrentOf),
    ...optionally('abortUploadsAfterDays', node.find('AbortIncompleteMultipartUpload'), (abort) => days(abort, 'DaysAfterInitiation')),
  };
  requireActions(rule);
  return rule;
}

function optionally<K extends string, V>(key: K, node: XmlNode | undefined, read: (node: XmlNode) => V): { [key in K]?: V } {
  return node === undefined ? {} : { [key]: read(node) } as { [key in K]: V };
}

function requireActions({ expiration, noncurrentExpiration, abortUploadsAfterDays, filter }: LifecycleRule): void {
  if (expiration === undefined && noncurrentExpiration === undefined && abortUploadsAfterDays === undefined) {
    throw new S3Error('InvalidRequest', { message: 'At least one action needs to be specified in a rule.' });
  }
  if (!looksAtObjects(filter)) return;
  // Uploads have neither tags nor a size, and delete markers have none to look at.
  if (abortUploadsAfterDays !== undefined) throw new S3Error('InvalidRequest', { message: 'AbortIncompleteMultipartUpload cannot be specified with Tags or ObjectSize.' });
  if (expiration !== undefined && 'expiredDeleteMarker' in expiration) throw new S3Error('InvalidRequest', { message: 'ExpiredObjectDeleteMarker cannot be specified with Tags or ObjectSize.' });
}

function looksAtObjects({ tags = [], sizeGreaterThan, sizeLessThan }: LifecycleFilter): boolean {
  return tags.length > 0 || sizeGreaterThan !== undefined || sizeLessThan !== undefined;
}

function requireNoTransition(node: XmlNode): void {
  const transitions = [...node.all('Transition'), ...node.all('NoncurrentVersionTransition')];
  for (const transition of transitions) {
    const date = transition.textOf('Date');
    if (date !== undefined) dateOf(date);
    throw new S3Error('InvalidStorageClass', { message: 'There is no other storage class than STANDARD that objects could move to.', fields: { StorageClassRequested: transition.textOf('StorageClass') ?? '' } });
  }
}

function filterOf(node: XmlNode): Pick<LifecycleRule, 'filter' | 'form'> {
  const filter = node.find('Filter');
  const prefix = node.textOf('Prefix');
  if (filter === undefined) {
    if (prefix === undefined) throw malformed();
    return { form: 'prefix', filter: { prefix } };
  }
  if (prefix !== undefined) throw malformed();
  // S3 itself refuses conditions beside `And`; Ceph takes them all together, and so do clients that came from there.
  const and = filter.find('And');
  const conditions = conditionsOf(and === undefined ? [filter] : [filter, and]);
  return { form: and === undefined && isSingle(conditions) ? 'filter' : 'and', filter: conditions };
}

function conditionsOf(nodes: readonly XmlNode[]): LifecycleFilter {
  const tags = nodes.flatMap((part) => part.all('Tag')).map((tag) => [tag.requiredText('Key'), tag.requiredText('Value')] as const);
  const prefixes = nodes.map((part) => part.textOf('Prefix')).filter((text) => text !== undefined);
  return {
    ...(prefixes.length > 0 && { prefix: longest(prefixes) }),
    ...(tags.length > 0 && { tags: checkedTags(tags, MOST_OBJECT_TAGS) }),
    ...sizesOf(nodes),
  };
}

function sizesOf(nodes: readonly XmlNode[]): Pick<LifecycleFilter, 'sizeGreaterThan' | 'sizeLessThan'> {
  const [greater, less] = [sizeOf(nodes, 'ObjectSizeGreaterThan'), sizeOf(nodes, 'ObjectSizeLessThan')];
  if (greater !== undefined && less !== undefined && less <= greater) throw invalidArgument('ObjectSizeLessThan', String(less), 'ObjectSizeLessThan has to be a value greater than ObjectSizeGreaterThan.');
  return { ...(greater !== undefined && { sizeGreaterThan: greater }), ...(less !== undefined && { sizeLessThan: less }) };
}

function isSingle({ prefix, tags = [], sizeGreaterThan, sizeLessThan }: LifecycleFilter): boolean {
  return [prefix, tags[0], tags[1], sizeGreaterThan, sizeLessThan].filter((condition) => condition !== undefined).length < 2;
}

/** Two prefixes both hold only where the one begins with the other. */
function longest(prefixes: readonly string[]): string {
  const [long = '', short = ''] = [...prefixes].sort((one, other) => other.length - one.length);
  if (!long.startsWith(short)) throw malformed();
  return long;
}

function sizeOf(nodes: readonly XmlNode[], name: string): number | undefined {
  const text = nodes.map((node) => node.textOf(name)).find((found) => found !== undefined);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw malformed();
  return Number(text);
}

function expirationOf(node: XmlNode): NonNullable<LifecycleRule['expiration']> {
  const [count, date, marker] = [node.textOf('Days'), node.textOf('Date'), node.textOf('ExpiredObjectDeleteMarker')];
  if ([count, date, marker].filter((text) => text !== undefined).length !== 1) throw malformed();
  if (count !== undefined) return { days: days(node, 'Days') };
  if (date !== undefined) return { date: dateOf(date) };
  if (marker !== 'true' && marker !== 'false') throw malformed();
  return { expiredDeleteMarker: marker === 'true' };
}

function noncurrentOf(node: XmlNode): NonNullable<LifecycleRule['noncurrentExpiration']> {
  const newer = node.textOf('NewerNoncurrentVersions');
  if (newer !== undefined && (!/^\d{1,3}$/.test(newer) || Number(newer) < 1 || Number(newer) > MOST_NEWER_VERSIONS)) {
    throw invalidArgument('NewerNoncurrentVersions', newer, '\'NewerNoncurrentVersions\' for NoncurrentVersionExpiration action must be between 1 and 100');
  }
  return { days: days(node, 'NoncurrentDays'), ...(newer !== undefined && { newerVersions: Number(newer) }) };
}

function days(node: XmlNode, name: string): number {
  const text = node.textOf(name);
  if (text === undefined || !/^[+-]?\d{1,9}$/.test(text.trim())) throw malformed();
  if (Number(text) < 1) throw invalidArgument(name, text, `'${name}' for this action must be a positive integer`);
  return Number(text);
}

function dateOf(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(T|$)/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw malformed();
  if (at % 86_400_000 !== 0) throw invalidArgument('Date', text, '\'Date\' must be at midnight GMT');
  return at;
}

export function lifecycleDocument(rules: readonly LifecycleRule[]): string {
  return xmlDocument('LifecycleConfiguration', rules.map((rule) => xml('Rule', [
    xml('ID', rule.id),
    ...filterXml(rule),
    xml('Status', rule.isEnabled ? 'Enabled' : 'Disabled'),
    expirationXml(rule.expiration),
    rule.noncurrentExpiration && xml('NoncurrentVersionExpiration', [
      xml('NoncurrentDays', rule.noncurrentExpiration.days), optional('NewerNoncurrentVersions', rule.noncurrentExpiration.newerVersions),
    ]),
    rule.abortUploadsAfterDays === undefined ? undefined : xml('AbortIncompleteMultipartUpload', [xml('DaysAfterInitiation', rule.abortUploadsAfterDays)]),
  ])));
}

function filterXml({ form, filter }: LifecycleRule): Xml[] {
  const { prefix, tags = [], sizeGreaterThan, sizeLessThan } = filter;
  if (form === 'prefix') return [xml('Prefix', prefix ?? '')];
  const conditions = [
    optional('Prefix', prefix), ...tagsXml(tags), optional('ObjectSizeGreaterThan', sizeGreaterThan), optional('ObjectSizeLessThan', sizeLessThan),
  ];
  return [xml('Filter', form === 'and' ? [xml('And', conditions)] : conditions)];
}

function tagsXml(tags: Tags): Xml[] {
  return tags.map(([key, value]) => xml('Tag', [xml('Key', key), xml('Value', value)]));
}

function expirationXml(expiration: LifecycleRule['expiration']): Xml | undefined {
  if (expiration === undefined) return undefined;
  if ('days' in expiration) return xml('Expiration', [xml('Days', expiration.days)]);
  if ('date' in expiration) return xml('Expiration', [xml('Date', new Date(expiration.date).toISOString())]);
  return xml('Expiration', [xml('ExpiredObjectDeleteMarker', expiration.expiredDeleteMarker)]);
}

function malformed(): S3Error {
  return new S3Error('MalformedXML');
}
