import type { MetadataChange } from '../../metadata/index.js';
import { badRequest } from '../faults/index.js';
import type { HeaderMap } from '../request/index.js';
import type { SwiftLimits } from '../settings.js';

export type Noun = 'account' | 'container' | 'object';

/** The user metadata among the headers, by name in lower case; a removal is an empty value. Throws 400 beyond Swift's limits. */
export function userMetadata(noun: Noun, headers: HeaderMap, limits: SwiftLimits): Record<string, string> {
  const prefix = `x-${noun}-meta-`;
  const found: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    requireLength(name, value, limits);
    if (name.startsWith(prefix)) found[name] = value;
  }
  requireLimits(prefix, found, limits);
  return found;
}

function requireLength(name: string, value: string, { maxHeaderSize, maxMetaNameLength }: SwiftLimits): void {
  if (value.length > maxHeaderSize) throw badRequest(`Header value too long: ${name.slice(0, maxMetaNameLength)}`);
}

/** Throws 400 where there are too many headers of the prefix, or too long ones; of all that the thing has or of what one request sends. */
export function requireLimits(prefix: string, metadata: Readonly<Record<string, string>>, limits: SwiftLimits): void {
  let count = 0;
  let size = 0;
  for (const [name, value] of Object.entries(metadata)) {
    if (!name.startsWith(prefix)) continue;
    const key = name.slice(prefix.length);
    if (key === '') throw badRequest('Metadata name cannot be empty');
    const [keyBytes, valueBytes] = [Buffer.byteLength(key), Buffer.byteLength(value)];
    if (keyBytes > limits.maxMetaNameLength) throw badRequest(`Metadata name too long: ${name}`);
    if (valueBytes > limits.maxMetaValueLength) throw badRequest(`Metadata value longer than ${limits.maxMetaValueLength}: ${name}`);
    count += 1;
    size += keyBytes + valueBytes;
  }
  if (count > limits.maxMetaCount) throw badRequest(`Too many metadata items; max ${limits.maxMetaCount}`);
  if (size > limits.maxMetaOverallSize) throw badRequest(`Total metadata too large; max ${limits.maxMetaOverallSize}`);
}

/**
 * What the headers of a POST or PUT change of an account's or container's metadata: `X-…-Meta-…` sets, an empty value or
 * `X-Remove-…-Meta-…` (whatever its value) removes. Throws 400 beyond the limits of one request.
 */
export function metadataChange(noun: 'account' | 'container', headers: HeaderMap, limits: SwiftLimits): MetadataChange {
  const change: MetadataChange = {};
  for (const [name, value] of Object.entries(userMetadata(noun, headers, limits))) change[name] = value === '' ? undefined : value;
  for (const name of removals(noun, headers)) change[`x-${noun}-meta-${name}`] = undefined;
  return change;
}

function removals(noun: Noun, headers: HeaderMap): string[] {
  const prefix = `x-remove-${noun}-meta-`;
  return Object.keys(headers).filter((name) => name.startsWith(prefix) && name !== prefix).map((name) => name.slice(prefix.length));
}

/** What a system header and its `X-Remove-…` counterpart change; nothing where the request has neither. */
export function systemChange(header: string, headers: HeaderMap, clean: (value: string) => string = (value) => value): MetadataChange {
  if (headers[header.replace(/^x-/, 'x-remove-')] !== undefined) return { [header]: undefined };
  const value = headers[header];
  if (value === undefined) return {};
  const cleaned = value === '' ? '' : clean(value);
  return { [header]: cleaned === '' ? undefined : cleaned };
}
