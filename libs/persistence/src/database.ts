import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { SqlValue } from './sql.js';

/** A row class: a TypeORM entity with flat columns and nothing else. */
export type RowClass<Row extends object> = new () => Row;

export declare const insideTransaction: unique symbol;

/** Where questions are asked: the database, or a transaction. */
export interface Reader {
  /** A TypeORM query over a row class. */
  from<Row extends ObjectLiteral>(row: RowClass<Row>, alias: string): SelectQueryBuilder<Row>;
  /**
   * Runs one statement whose `${values}` are bound parameters, and answers its rows as plain objects.
   *
   * Lists go in as arrays (`id = ANY(${ids})`), documents as `json(value)`, optional parts as `fragment`. `bigint` and
   * `numeric` come back as numbers where nothing is lost, else as text; `timestamptz` as Date, `date` as text.
   */
  sql<Row extends object>(text: TemplateStringsArray, ...values: SqlValue[]): Promise<Row[]>;
}

/** A transaction. It comes from `Database.transaction`, ends with it, and is never stored. */
export interface Tx extends Reader {
  readonly [insideTransaction]: true;
  /** The request this transaction belongs to, if any. */
  readonly requestId: string | undefined;
  /** Writes one row and answers it as stored; columns left out take the table's defaults. */
  insert<Row extends object>(row: RowClass<Row>, values: Partial<Row>): Promise<Row>;
  /** Writes many rows of the same columns in one statement. */
  insertAll<Row extends object>(row: RowClass<Row>, values: readonly Partial<Row>[]): Promise<Row[]>;
  /** Runs `work` once after this transaction has committed, for wake-ups that may be lost; its errors are only reported. */
  afterCommit(work: () => void | Promise<void>): void;
}

/** A service's own schema in the one PostgreSQL database; other schemas are named explicitly (`identity.project`). */
export abstract class Database implements Reader {
  abstract from<Row extends ObjectLiteral>(row: RowClass<Row>, alias: string): SelectQueryBuilder<Row>;
  abstract sql<Row extends object>(text: TemplateStringsArray, ...values: SqlValue[]): Promise<Row[]>;
  /**
   * Runs `work` in one transaction; deadlocks and serialization failures run it again from the start, a few times.
   *
   * `work` has no effect outside the database, and starts no other transaction. Fails with `DatabaseUnavailable` when
   * the connection is lost; if that happens during the commit, nobody knows whether it took place.
   */
  abstract transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}
