import { applyModify, decode, defaultValue, sameValue, type ColumnKind, type DatabaseTables, type Row, type TableColumns, type Value } from './columns.js';

/** One row's change inside an `update2`/`update3` notification. */
export type RowUpdate = { initial?: WireRow; insert?: WireRow; modify?: WireRow; delete?: null };
type WireRow = Record<string, unknown>;
export type TableUpdates = Record<string, Record<string, RowUpdate>>;

/** A row that is there now, or not any more (`now` undefined), or is new (`before` undefined). */
export interface RowChange {
  table: string;
  uuid: string;
  before: Row | undefined;
  now: Row | undefined;
}

/** That the set or optional column `column` of a row names another row. */
export interface Reference {
  table: string;
  uuid: string;
  column: string;
}

type Listener = (changes: readonly RowChange[]) => void;

/**
 * A copy of some tables in memory, kept current by a monitor. Everything that reads the backend reads here; nothing here talks to
 * a server. Every change has a number, so that one can tell what changed after a moment.
 */
export class Replica<Tables extends DatabaseTables = DatabaseTables> {
  private readonly rows = new Map<string, Map<string, Row>>();
  private readonly changedAt = new Map<string, number>();
  private readonly referrersOf = new Map<string, Map<string, Reference>>();
  /** Each table's columns that name other rows. */
  private readonly referring = new Map<string, string[]>();
  private readonly listeners = new Set<Listener>();
  private last = 0;

  constructor(readonly tables: Tables) {
    for (const [table, columns] of Object.entries(tables)) {
      this.rows.set(table, new Map());
      this.referring.set(table, Object.entries(columns).filter(([, kind]) => kind.startsWith('uuid')).map(([column]) => column));
    }
  }

  /** The number of the last change. */
  get position(): number {
    return this.last;
  }

  /** Whether the row is there and appeared or changed after the moment `position`. */
  hasChangedSince(table: string, uuid: string, position: number): boolean {
    return (this.changedAt.get(keyOf(table, uuid)) ?? 0) > position;
  }

  table<Name extends keyof Tables & string>(name: Name): ReadonlyMap<string, Row<Tables[Name]>> {
    const found = this.rows.get(name);
    if (found === undefined) throw new TypeError(`No table ${name} is declared.`);
    return found as ReadonlyMap<string, Row<Tables[Name]>>;
  }

  row<Name extends keyof Tables & string>(table: Name, uuid: string): Row<Tables[Name]> | undefined {
    return this.table(table).get(uuid);
  }

  /** Which rows name this one in a uuid column. */
  referrers(uuid: string): Iterable<Reference> {
    return this.referrersOf.get(uuid)?.values() ?? [];
  }

  /** Calls `listener` after every update, once with all its changes; answers how to stop that. */
  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Applies an update's changes. */
  apply(updates: TableUpdates): void {
    const changes: RowChange[] = [];
    for (const [table, rows] of Object.entries(updates)) {
      const columns = this.columnsOf(table);
      for (const [uuid, update] of Object.entries(rows)) {
        const before = this.row(table, uuid);
        this.change(changes, { table, uuid, before, now: updatedRow(columns, before, update) });
      }
    }
    this.announce(changes);
  }

  /** Takes `updates` (all `initial`) for all there is; what is not in it is gone. Only true differences count as changes. */
  replace(updates: TableUpdates): void {
    const changes: RowChange[] = [];
    for (const table of Object.keys(this.tables)) {
      const columns = this.columnsOf(table);
      const given = updates[table] ?? {};
      for (const [uuid, update] of Object.entries(given)) {
        const before = this.row(table, uuid);
        const now = updatedRow(columns, undefined, update);
        if (!sameRow(columns, before, now)) this.change(changes, { table, uuid, before, now });
      }
      for (const [uuid, before] of [...this.table(table)]) {
        if (given[uuid] === undefined) this.change(changes, { table, uuid, before, now: undefined });
      }
    }
    this.announce(changes);
  }

  private columnsOf(table: string): TableColumns {
    const columns = this.tables[table];
    if (columns === undefined) throw new TypeError(`An update for the table ${table}, which was not asked for.`);
    return columns;
  }

  private change(changes: RowChange[], change: RowChange): void {
    const { table, uuid, before, now } = change;
    this.last++;
    this.put(table, uuid, now);
    for (const column of this.referring.get(table) ?? []) {
      if (before?.[column] !== now?.[column]) this.reindex({ table, uuid, column }, namedIn(before?.[column]), namedIn(now?.[column]));
    }
    changes.push(change);
  }

  private put(table: string, uuid: string, now: Row | undefined): void {
    if (now === undefined) {
      this.rows.get(table)?.delete(uuid);
      this.changedAt.delete(keyOf(table, uuid));
    } else {
      this.rows.get(table)?.set(uuid, now);
      this.changedAt.set(keyOf(table, uuid), this.last);
    }
  }

  private reindex(from: Reference, before: ReadonlySet<string>, now: ReadonlySet<string>): void {
    const key = `${from.table}/${from.uuid}/${from.column}`;
    for (const target of before) if (!now.has(target)) this.unindex(target, key);
    for (const target of now) {
      if (before.has(target)) continue;
      const references = this.referrersOf.get(target) ?? new Map<string, Reference>();
      this.referrersOf.set(target, references.set(key, from));
    }
  }

  private unindex(target: string, key: string): void {
    const references = this.referrersOf.get(target);
    references?.delete(key);
    if (references?.size === 0) this.referrersOf.delete(target);
  }

  private announce(changes: RowChange[]): void {
    if (changes.length === 0) return;
    for (const listener of [...this.listeners]) listener(changes);
  }
}

const keyOf = (table: string, uuid: string): string => `${table}/${uuid}`;

function namedIn(value: Value): ReadonlySet<string> {
  if (value === undefined) return new Set();
  return value instanceof Set ? value : new Set([value as string]);
}

function updatedRow(columns: TableColumns, before: Row | undefined, update: RowUpdate): Row | undefined {
  if (update.delete !== undefined) return undefined;
  const fresh = update.insert ?? update.initial;
  if (fresh !== undefined) return mapColumns(columns, (name, kind) => (name in fresh ? decode(kind, fresh[name]) : defaultValue(kind)));
  if (before === undefined || update.modify === undefined) throw new TypeError('A change of a row that is not known.');
  const modify = update.modify;
  return mapColumns(columns, (name, kind) => (name in modify ? applyModify(kind, before[name], modify[name]) : before[name]));
}

function mapColumns(columns: TableColumns, value: (name: string, kind: ColumnKind) => Value): Row {
  return Object.fromEntries(Object.entries(columns).map(([name, kind]) => [name, value(name, kind)])) as Row;
}

function sameRow(columns: TableColumns, a: Row | undefined, b: Row | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Object.keys(columns).every((name) => sameValue(a[name], b[name]));
}
