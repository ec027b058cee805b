/**
 * The entry of a record under a key that somebody chose: undefined where the record has none of its own. `record[key]` would
 * find `constructor` and `valueOf` in every record.
 */
export function ownEntry<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
