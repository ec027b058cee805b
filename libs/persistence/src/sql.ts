import { Bug } from '@virga/kernel';

/** A value bound to a statement as a parameter; it never becomes part of the text. */
export type SqlValue = Bindable | Fragment;
type Scalar = string | number | bigint | boolean | Date | null;
type Bindable = Scalar | Uint8Array | readonly Scalar[] | Json;

/** What is sent to PostgreSQL. */
export interface Statement {
  text: string;
  values: unknown[];
}

/** A JSON document bound as one parameter: an object or array would otherwise be taken for something else. */
export class Json {
  constructor(readonly text: string) {}
}

/** Binds `value` as `json` or `jsonb`. */
export function json(value: unknown): Json {
  return new Json(JSON.stringify(value ?? null));
}

/** A piece of SQL with its own parameters, to be placed inside a statement or another fragment. */
export class Fragment {
  constructor(readonly strings: readonly string[], readonly values: readonly SqlValue[]) {}
}

/** A piece of SQL for a statement: ``const owned = owner ? fragment`AND owner = ${owner}` : nothing``. */
export function fragment(strings: TemplateStringsArray, ...values: SqlValue[]): Fragment {
  return new Fragment(strings, values);
}

/** The fragment that adds no text. */
export const nothing = new Fragment([''], []);

const IDENTIFIER = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*){0,2}$/;

/** A column or table name chosen by our code, with its alias or schema (`s.created_at`); anything else is a bug. */
export function identifier(name: string): Fragment {
  if (!IDENTIFIER.test(name)) throw new Bug('sql.identifier', `'${name}' is not an identifier.`);
  return new Fragment([`"${name.replaceAll('.', '"."')}"`], []);
}

/** The fragments with `separator` between them; `nothing` where there are none. */
export function join(fragments: readonly Fragment[], separator: ' AND ' | ' OR ' | ', '): Fragment {
  if (fragments.length === 0) return nothing;
  return new Fragment(['', ...Array.from({ length: fragments.length - 1 }, () => separator), ''], fragments);
}

/** All conditions, as one condition; true where there are none. */
export function all(conditions: readonly Fragment[]): Fragment {
  return conditions.length === 0 ? fragment`TRUE` : fragment`(${join(conditions, ' AND ')})`;
}

/** The text with `$1`, `$2`, … and the values in that order. */
export function compile(strings: readonly string[], values: readonly SqlValue[]): Statement {
  const statement: Statement = { text: '', values: [] };
  append(statement, strings, values);
  return statement;
}

function append(statement: Statement, strings: readonly string[], values: readonly SqlValue[]): void {
  statement.text += strings[0] ?? '';
  values.forEach((value, index) => {
    if (value instanceof Fragment) append(statement, value.strings, value.values);
    else statement.text += `$${statement.values.push(bind(value))}`;
    statement.text += strings[index + 1] ?? '';
  });
}

function bind(value: Bindable): unknown {
  if (value instanceof Json) return value.text;
  if (value === undefined) throw new Bug('sql.undefined', 'A statement was given undefined; say null if null is meant.');
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Bug('sql.number', 'A statement was given a number that is not finite.');
  const isPlainObject = typeof value === 'object' && value !== null && Object.getPrototypeOf(value)?.constructor?.name === 'Object';
  if (isPlainObject) throw new Bug('sql.object', 'A statement was given an object; wrap documents in json().');
  return value;
}
