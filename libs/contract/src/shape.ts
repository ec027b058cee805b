import { isKnownAt, type JsonSchema } from './schema-at.js';
import type { TSchema } from './schema.js';
import type { VersionNumber } from './version.js';

/** Reduces a reply of the newest shape to what one version shows. */
export type Shaper = (value: unknown) => unknown;

const keep: Shaper = (value) => value;

/**
 * Compiles the pruning of replies for one version. Properties that the schema does not name are dropped unless it
 * allows additional ones, so a view can never show more than the contract promises.
 */
export function shaperAt(schema: TSchema, version: VersionNumber): Shaper {
  return shaper(schema as unknown as JsonSchema, version);
}

function shaper(schema: JsonSchema, version: VersionNumber): Shaper {
  const alternatives = (schema['anyOf'] ?? schema['oneOf']) as JsonSchema[] | undefined;
  if (alternatives !== undefined) return anyOf(alternatives, version);
  if (typeof schema['items'] === 'object' && schema['items'] !== null) return list(schema['items'] as JsonSchema, version);
  if (typeof schema['properties'] === 'object') return object(schema, version);
  const values = valuesOf(schema);
  return values === undefined ? keep : record(values, version);
}

/** What the values of a map are: `T.Record` says it by one pattern that its keys match. */
function valuesOf(schema: JsonSchema): JsonSchema | undefined {
  const patterns = Object.values((schema['patternProperties'] ?? {}) as Record<string, JsonSchema>);
  const values = patterns.length === 1 ? patterns[0] : schema['additionalProperties'];
  return typeof values === 'object' && values !== null ? values as JsonSchema : undefined;
}

/** A reply's alternatives differ by JSON type (object or null, list or string): the structured one does the pruning. */
function anyOf(alternatives: JsonSchema[], version: VersionNumber): Shaper {
  const known = alternatives.filter((entry) => isKnownAt(entry, version));
  const objects = known.filter((entry) => entry['type'] === 'object').map((entry) => shaper(entry, version));
  const lists = known.filter((entry) => entry['type'] === 'array').map((entry) => shaper(entry, version));
  if (objects.length > 1 || lists.length > 1) return keep;
  return (value) => {
    if (Array.isArray(value)) return lists[0]?.(value) ?? value;
    return typeof value === 'object' && value !== null && objects[0] ? objects[0](value) : value;
  };
}

function list(items: JsonSchema, version: VersionNumber): Shaper {
  const each = shaper(items, version);
  if (each === keep) return keep;
  return (value) => (Array.isArray(value) ? value.map(each) : value);
}

function record(values: JsonSchema, version: VersionNumber): Shaper {
  const each = shaper(values, version);
  if (each === keep) return keep;
  return (value) => (isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, each(entry)])) : value);
}

function object(schema: JsonSchema, version: VersionNumber): Shaper {
  const all = Object.entries(schema['properties'] as Record<string, JsonSchema>);
  const known = all.filter(([, property]) => isKnownAt(property, version));
  const shapers = known.map(([name, property]) => [name, shaper(property, version)] as const);
  const isOpen = schema['additionalProperties'] !== undefined && schema['additionalProperties'] !== false;
  const named = new Set(all.map(([name]) => name));
  return (value) => {
    if (!isObject(value)) return value;
    const result: Record<string, unknown> = {};
    for (const [name, shape] of shapers) if (value[name] !== undefined) result[name] = shape(value[name]);
    if (isOpen) for (const name of Object.keys(value)) if (!named.has(name)) result[name] = value[name];
    return result;
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
