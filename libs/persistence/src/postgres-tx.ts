import { Bug } from '@virga/kernel';
import type pg from 'pg';
import type { EntityMetadata, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { RowClass, Tx, insideTransaction } from './database.js';
import type { MadeRow } from './idempotency-context.js';
import { insertStatement } from './insert-statement.js';
import type { Execute, RowSource } from './row-source.js';
import { type SqlValue, type Statement, compile } from './sql.js';

/** How many inserted rows a transaction remembers: more than one of a kind is as good as many. */
const REMEMBERED = 16;

/** One attempt at a transaction, on one connection. */
export class PostgresTx implements Tx {
  declare readonly [insideTransaction]: true;
  readonly later: (() => void | Promise<void>)[] = [];
  /** The first rows that were inserted, of those whose key is one column. */
  readonly made: MadeRow[] = [];
  private isLive = true;
  private previous: Promise<unknown> = Promise.resolve();

  constructor(private readonly rows: RowSource, readonly requestId: string | undefined, private readonly execute: Execute) {}

  from<Row extends ObjectLiteral>(row: RowClass<Row>, alias: string): SelectQueryBuilder<Row> {
    return this.rows.queryFor(row, alias, (statement) => this.run(statement), true);
  }

  async sql<Row extends object>(text: TemplateStringsArray, ...values: SqlValue[]): Promise<Row[]> {
    return (await this.run(compile(text, values))).rows as Row[];
  }

  async insert<Row extends object>(row: RowClass<Row>, values: Partial<Row>): Promise<Row> {
    const rows = await this.insertAll(row, [values]);
    return rows[0] as Row;
  }

  async insertAll<Row extends object>(row: RowClass<Row>, values: readonly Partial<Row>[]): Promise<Row[]> {
    if (values.length === 0) return [];
    const metadata = this.rows.rowMetadata(row);
    const { rows } = await this.run(insertStatement(metadata, values));
    this.remember(metadata, rows as Record<string, unknown>[]);
    return rows as Row[];
  }

  afterCommit(work: () => void | Promise<void>): void {
    this.requireLive();
    this.later.push(work);
  }

  /** Lets what was asked before finish, and refuses all later use. */
  async end(): Promise<void> {
    this.isLive = false;
    await this.previous;
  }

  private remember({ tableName: table, primaryColumns: [key, ...rest] }: EntityMetadata, rows: readonly Record<string, unknown>[]): void {
    if (key === undefined || rest.length > 0) return;
    for (const row of rows.slice(0, REMEMBERED - this.made.length)) this.made.push({ table, id: String(row[key.databaseName]) });
  }

  /** One statement at a time: a connection cannot do more, whatever the callers do. */
  private run(statement: Statement): Promise<pg.QueryResult> {
    this.requireLive();
    const result = this.previous.then(() => this.execute(statement));
    this.previous = result.catch(() => undefined);
    return result;
  }

  private requireLive(): void {
    if (!this.isLive) throw new Bug('database.transaction.ended', 'A transaction was used after its end.');
  }
}
