import { T, type TObject, type TSchema } from './schema.js';
import type { VersionText } from './version.js';

/** How a field depends on the microversion; kept in the schema as `x-` keywords, which validators ignore. */
export interface FieldOptions {
  /** The first version that knows the field. */
  since?: VersionText;
  /** The last version that knows the field. */
  until?: VersionText;
  /** The first version in which a request must give it (the property itself is optional). */
  requiredSince?: VersionText;
  /** Shown in replies, never accepted in requests. */
  readOnly?: boolean;
  description?: string;
}

/** Adds version facts to a property's schema without changing its type. */
export function field<Schema extends TSchema>(schema: Schema, options: FieldOptions): Schema {
  const keywords = {
    ...(options.since !== undefined && { 'x-since': options.since }),
    ...(options.until !== undefined && { 'x-until': options.until }),
    ...(options.requiredSince !== undefined && { 'x-required-since': options.requiredSince }),
    ...(options.readOnly === true && { readOnly: true }),
    ...(options.description !== undefined && { description: options.description }),
  };
  // TypeBox marks optional properties with a hidden key, so the marker must survive the copy.
  return Object.defineProperties({}, {
    ...Object.getOwnPropertyDescriptors(schema),
    ...Object.getOwnPropertyDescriptors(keywords),
  }) as Schema;
}

type Properties = Record<string, TSchema>;

/** An object that refuses properties it does not name: what Nova and Neutron do with request bodies. */
export function closed<P extends Properties>(properties: P, options: Record<string, unknown> = {}): TObject<P> {
  return T.Object(properties, { ...options, additionalProperties: false }) as TObject<P>;
}

/** An object that lets unknown properties through: what Keystone does, and every service in query strings that filter freely. */
export function open<P extends Properties>(properties: P, options: Record<string, unknown> = {}): TObject<P> {
  return T.Object(properties, { ...options, additionalProperties: true }) as TObject<P>;
}

export const Nullable = <Schema extends TSchema>(schema: Schema) => T.Union([schema, T.Null()]);

/** A UUID in either form. */
export const Uuid = T.String({ pattern: '^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$' });

/** A time as the services write it: ISO 8601, UTC. */
export const Timestamp = T.String({ format: 'date-time' });

/** A boolean as clients send it: JSON's own, or OpenStack's words (oslo.utils strutils: `True`, `1`, `yes`, `on`, …). */
export const WireBoolean = T.Union([
  T.Boolean(),
  T.Enum(['true', 'True', 'TRUE', 't', 'T', '1', 'yes', 'Yes', 'YES', 'y', 'on', 'On', 'ON',
    'false', 'False', 'FALSE', 'f', 'F', '0', 'no', 'No', 'NO', 'n', 'off', 'Off', 'OFF']),
]);

/** Reads a `WireBoolean`, or a free query parameter of that meaning; undefined for any other text. */
export function isTrue(value: boolean | string | number | undefined | null): boolean | undefined {
  const word = String(value).toLowerCase();
  if (['true', 't', '1', 'yes', 'y', 'on'].includes(word)) return true;
  return ['false', 'f', '0', 'no', 'n', 'off'].includes(word) ? false : undefined;
}
