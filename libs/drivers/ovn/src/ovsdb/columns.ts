/**
 * What a column holds. OVSDB encodes a set of one like its only element, and says in an update's `modify` either the new
 * value or the difference, depending on the type: so the wire cannot be read without it.
 */
export type ColumnKind =
  | 'string' | 'integer' | 'boolean' | 'uuid'
  | 'string?' | 'integer?' | 'boolean?' | 'uuid?'
  | 'string*' | 'uuid*'
  | 'map';

export type Atom = string | number | boolean;
export type Value = Atom | undefined | ReadonlySet<string> | ReadonlyMap<string, string>;

type AtomOf<K extends string> = K extends 'integer' ? number : K extends 'boolean' ? boolean : string;

/** The TypeScript type of a column's value: atoms plain, optional ones `| undefined`, sets `ReadonlySet`, maps `ReadonlyMap`. */
export type ValueOf<K extends ColumnKind> =
  K extends 'map' ? ReadonlyMap<string, string>
    : K extends `${string}*` ? ReadonlySet<string>
      : K extends `${infer A}?` ? AtomOf<A> | undefined
        : AtomOf<K>;

/** The columns of a table that we know; the others do not concern us. */
export type TableColumns = Readonly<Record<string, ColumnKind>>;
export type DatabaseTables = Readonly<Record<string, TableColumns>>;

/** A row as the replica holds it. Rows are never changed in place: who holds one holds a moment. */
export type Row<Columns extends TableColumns = TableColumns> = { readonly [Name in keyof Columns]: ValueOf<Columns[Name]> };

const isSet = (kind: ColumnKind): boolean => kind.endsWith('*');
const atomOf = (kind: ColumnKind): string => kind.replace(/[?*]$/, '');

const atomDefaults = { string: '', integer: 0, boolean: false, uuid: '00000000-0000-0000-0000-000000000000' } as const;

/** The value of a column that an update does not mention (RFC 7047 §5.2.1). */
export function defaultValue(kind: ColumnKind): Value {
  if (kind === 'map') return new Map();
  if (isSet(kind)) return new Set();
  return (atomDefaults as Record<string, Atom>)[kind];
}

const isTagged = (wire: unknown, tag: string): wire is [string, unknown] =>
  Array.isArray(wire) && wire.length === 2 && wire[0] === tag;

function decodeAtom(wire: unknown): Atom {
  if (isTagged(wire, 'uuid') || isTagged(wire, 'named-uuid')) return wire[1] as string;
  if (typeof wire === 'string' || typeof wire === 'number' || typeof wire === 'boolean') return wire;
  throw new TypeError(`Not an OVSDB atom: ${JSON.stringify(wire)}`);
}

const decodeAtoms = (wire: unknown): Atom[] => (isTagged(wire, 'set') ? (wire[1] as unknown[]).map(decodeAtom) : [decodeAtom(wire)]);

/** Reads a column's value from the wire. Throws `TypeError` on what the kind does not allow. */
export function decode(kind: ColumnKind, wire: unknown): Value {
  if (kind === 'map') {
    if (!isTagged(wire, 'map')) throw new TypeError(`Not an OVSDB map: ${JSON.stringify(wire)}`);
    return new Map((wire[1] as [unknown, unknown][]).map(([key, value]) => [String(decodeAtom(key)), String(decodeAtom(value))]));
  }
  if (isSet(kind)) return new Set(decodeAtoms(wire).map(String));
  const atoms = decodeAtoms(wire);
  if (atoms.length > 1 || (atoms.length === 0 && !kind.endsWith('?'))) throw new TypeError(`Not one OVSDB ${kind}: ${JSON.stringify(wire)}`);
  return atoms[0];
}

/** Writes a column's value for the wire. */
export function encode(kind: ColumnKind, value: Value): unknown {
  const atom = (one: Atom): unknown => (atomOf(kind) === 'uuid' ? ['uuid', one] : one);
  if (value === undefined) return ['set', []];
  if (value instanceof Map) return ['map', [...value]];
  if (value instanceof Set) return ['set', [...value].map((one) => atom(one as string))];
  return atom(value as Atom);
}

/**
 * What `modify` of `update2`/`update3` makes of a value: for sets the elements to toggle, for maps the keys to set, or to remove
 * where the value is the old one, for everything that holds at most one element the new value (ovsdb-server(7), "Update2").
 */
export function applyModify(kind: ColumnKind, old: Value, wire: unknown): Value {
  const change = decode(kind, wire);
  if (change instanceof Set) return toggled(old as ReadonlySet<string>, change);
  if (change instanceof Map) return patched(old as ReadonlyMap<string, string>, change);
  return change;
}

function toggled(old: ReadonlySet<string>, change: ReadonlySet<string>): Set<string> {
  const result = new Set(old);
  for (const element of change) if (!result.delete(element)) result.add(element);
  return result;
}

function patched(old: ReadonlyMap<string, string>, change: ReadonlyMap<string, string>): Map<string, string> {
  const result = new Map(old);
  for (const [key, value] of change) {
    if (result.get(key) === value) result.delete(key);
    else result.set(key, value);
  }
  return result;
}

/** Whether two values of one column are the same. */
export function sameValue(a: Value, b: Value): boolean {
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((element) => b.has(element));
  if (a instanceof Map && b instanceof Map) return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
  return a === b;
}

/** For logs and operators: `{a, b}` for sets, `{k=v}` for maps, in a stable order. */
export function showValue(value: Value): string {
  if (value === undefined) return '(none)';
  if (value instanceof Set) return `{${[...value].sort().join(', ')}}`;
  if (value instanceof Map) return `{${[...value].map(([key, entry]) => `${key}=${entry}`).sort().join(', ')}}`;
  return JSON.stringify(value);
}
