import { encode, type DatabaseTables, type Value } from './columns.js';

/** One operation of a transaction, as it goes over the wire (RFC 7047 §5.2). */
export type Operation =
  | { op: 'insert'; table: string; uuid: string; row: Record<string, unknown> }
  | { op: 'update'; table: string; where: unknown[]; row: Record<string, unknown> }
  | { op: 'mutate'; table: string; where: unknown[]; mutations: unknown[] }
  | { op: 'delete'; table: string; where: unknown[] }
  | { op: 'wait'; table: string; where: unknown[]; columns: string[]; until: '=='; rows: Record<string, unknown>[]; timeout: 0 }
  | { op: 'comment'; comment: string };

export type Values = Readonly<Record<string, Value>>;

/**
 * Makes operations on rows that are named by their id. `insert` gives the id too, which is ovsdb-server's extension to
 * RFC 7047 (ovsdb-server(7), since 2.14): inserting twice fails, references need no names, and every condition is one hash lookup.
 */
export class Operations<Tables extends DatabaseTables> {
  constructor(private readonly tables: Tables) {}

  insert(table: keyof Tables & string, uuid: string, columns: Values): Operation {
    return { op: 'insert', table, uuid, row: this.encoded(table, columns) };
  }

  update(table: keyof Tables & string, uuid: string, columns: Values): Operation {
    return { op: 'update', table, where: byId(uuid), row: this.encoded(table, columns) };
  }

  delete(table: keyof Tables & string, uuid: string): Operation {
    return { op: 'delete', table, where: byId(uuid) };
  }

  /** Adds to and takes from a set column; concurrent writers of other elements are not disturbed. */
  mutateSet(table: keyof Tables & string, uuid: string, column: string, change: { add?: Iterable<string>; remove?: Iterable<string> }): Operation {
    const kind = this.kindOf(table, column);
    const mutations: unknown[] = [];
    const remove = new Set(change.remove);
    const add = new Set(change.add);
    if (remove.size > 0) mutations.push([column, 'delete', encode(kind, remove)]);
    if (add.size > 0) mutations.push([column, 'insert', encode(kind, add)]);
    return { op: 'mutate', table, where: byId(uuid), mutations };
  }

  /** Fails the transaction unless the row has exactly these values. */
  requireRow(table: keyof Tables & string, uuid: string, columns: Values): Operation {
    return { op: 'wait', timeout: 0, table, where: byId(uuid), columns: Object.keys(columns), until: '==', rows: [this.encoded(table, columns)] };
  }

  /** Fails the transaction if the row exists. */
  requireNoRow(table: keyof Tables & string, uuid: string): Operation {
    return { op: 'wait', timeout: 0, table, where: byId(uuid), columns: ['_uuid'], until: '==', rows: [] };
  }

  private encoded(table: string, columns: Values): Record<string, unknown> {
    return Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, encode(this.kindOf(table, name), value)]));
  }

  private kindOf(table: string, column: string) {
    const kind = this.tables[table]?.[column];
    if (kind === undefined) throw new TypeError(`No column ${table}.${column} is declared.`);
    return kind;
  }
}

const byId = (uuid: string): unknown[] => [['_uuid', '==', ['uuid', uuid]]];
