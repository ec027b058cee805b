/** A resource as a caller wrote it: known attributes and whatever else it should carry. */
export type Attributes = Readonly<Record<string, unknown>>;

/** What the service does not know itself and keeps for the caller, as Keystone does. */
export function extraOf(attributes: Attributes, known: readonly string[]): Record<string, unknown> {
  const taken = new Set([...known, 'id', 'links']);
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !taken.has(name)));
}

/** Options with a change applied: a null removes. */
export function changedOptions(options: Attributes, change: unknown): Record<string, unknown> {
  const merged = { ...options, ...(change as Attributes | undefined) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null && value !== undefined));
}

/** A time as the identity API writes it: UTC with microseconds. */
export function wireTime(time: Date | number): string {
  return new Date(time).toISOString().replace('Z', '000Z');
}
