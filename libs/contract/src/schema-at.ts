import type { TSchema } from './schema.js';
import { isWithin, versionNumber, type VersionNumber, type VersionText } from './version.js';

interface Annotated {
  'x-since'?: VersionText;
  'x-until'?: VersionText;
  'x-required-since'?: VersionText;
  /** On an object: the first version that refuses properties it does not name. */
  'x-closed-since'?: VersionText;
}

export type JsonSchema = Record<string, unknown> & Annotated;

export function isKnownAt(schema: JsonSchema, version: VersionNumber): boolean {
  return isWithin(version, {
    ...(schema['x-since'] !== undefined && { since: schema['x-since'] }),
    ...(schema['x-until'] !== undefined && { until: schema['x-until'] }),
  });
}

const LISTS = ['anyOf', 'oneOf', 'allOf'] as const;
const SINGLES = ['items', 'additionalProperties', 'not'] as const;

/**
 * The plain JSON Schema that holds at `version`: fields of other versions are left out, and what the version
 * requires is required. Version 0 (a service without microversions) keeps everything.
 */
export function schemaAt(schema: TSchema, version: VersionNumber): JsonSchema {
  return at(schema as unknown as JsonSchema, version);
}

function at(schema: JsonSchema, version: VersionNumber): JsonSchema {
  const result: JsonSchema = Object.fromEntries(Object.entries(schema).filter(([key]) => !key.startsWith('x-')));
  for (const key of LISTS) {
    const list = schema[key];
    if (Array.isArray(list)) result[key] = (list as JsonSchema[]).filter((entry) => isKnownAt(entry, version)).map((entry) => at(entry, version));
  }
  for (const key of SINGLES) {
    const single = schema[key];
    if (isSchema(single)) result[key] = at(single, version);
  }
  const patterns = schema['patternProperties'];
  if (isSchema(patterns)) {
    result['patternProperties'] = Object.fromEntries(Object.entries(patterns as Record<string, JsonSchema>).map(([pattern, values]) => [pattern, at(values, version)]));
  }
  if (isSchema(schema['properties'])) addProperties(schema, result, version);
  return result;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}

function addProperties(schema: JsonSchema, result: JsonSchema, version: VersionNumber): void {
  const properties = schema['properties'] as Record<string, JsonSchema>;
  const known = Object.entries(properties).filter(([, property]) => isKnownAt(property, version));
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  for (const [name, property] of known) {
    const from = property['x-required-since'];
    if (from !== undefined && version >= versionNumber(from)) required.add(name);
  }
  result['properties'] = Object.fromEntries(known.map(([name, property]) => [name, at(property, version)]));
  result['required'] = known.map(([name]) => name).filter((name) => required.has(name));
  const closedSince = schema['x-closed-since'];
  if (closedSince !== undefined && version >= versionNumber(closedSince)) result['additionalProperties'] = false;
}

/** Every version at which the schema starts or stops knowing or requiring a field, ascending. */
export function changePoints(schema: TSchema | undefined): VersionNumber[] {
  const points = new Set<VersionNumber>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { 'x-since': since, 'x-until': until, 'x-required-since': required, 'x-closed-since': closed } = value as Annotated;
    if (since !== undefined) points.add(versionNumber(since));
    if (until !== undefined) points.add(versionNumber(until) + 1);
    if (required !== undefined) points.add(versionNumber(required));
    if (closed !== undefined) points.add(versionNumber(closed));
    for (const child of Object.values(value)) visit(child);
  };
  visit(schema);
  return [...points].sort((a, b) => a - b);
}
