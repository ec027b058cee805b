import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Bug, currentRequestId } from '@virga/kernel';
import type pg from 'pg';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { Database, type RowClass, type Tx } from './database.js';
import { keyedRequest } from './idempotency-context.js';
import { DatabaseContended, isOutdatedPlan, leavesConnectionUsable, translateError } from './postgres-errors.js';
import { PostgresTx } from './postgres-tx.js';
import type { RowSource } from './row-source.js';
import { type SqlValue, type Statement, compile } from './sql.js';
import { StatementNames } from './statement-names.js';

/**
 * How often a transaction is begun anew after deadlocks and serialization failures.
 *
 * Too low: a burst of writers on one row is answered 503. Too high: requests pile up behind a row that many fight for.
 */
const MOST_ATTEMPTS = 8;

/** Is told of each statement's text, transaction control excepted. */
export type StatementListener = (text: string) => void;

/** Is told of errors that nobody waits for. */
export type ReportError = (event: string, error: unknown) => void;

/** A `Database` on a pool of connections. */
export class PostgresDatabase extends Database {
  private readonly names = new StatementNames();
  private readonly listeners = new Set<StatementListener>();
  private readonly current = new AsyncLocalStorage<{ isOpen: boolean }>();

  constructor(
    readonly schema: string,
    readonly rows: RowSource,
    private readonly pool: pg.Pool,
    readonly report: ReportError,
  ) {
    super();
  }

  override from<Row extends ObjectLiteral>(row: RowClass<Row>, alias: string): SelectQueryBuilder<Row> {
    return this.rows.queryFor(row, alias, (statement) => this.execute(statement), false);
  }

  override async sql<Row extends object>(text: TemplateStringsArray, ...values: SqlValue[]): Promise<Row[]> {
    return (await this.execute(compile(text, values))).rows as Row[];
  }

  override async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.current.getStore()?.isOpen === true) {
      throw new Bug('database.transaction.nested', 'A transaction was begun inside another; pass the Tx on instead.');
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (!(error instanceof DatabaseContended) || attempt === MOST_ATTEMPTS) throw error;
        await pause(Math.random() * Math.min(5 * 2 ** attempt, 250));
      }
    }
  }

  /** Whether PostgreSQL answers; throws `DatabaseUnavailable` where it does not. */
  async ping(): Promise<void> {
    await this.execute({ text: 'SELECT 1', values: [] });
  }

  /** How many connections there are, how many of them idle, and how many callers wait for one: for metrics. */
  connections(): { total: number; idle: number; waiting: number } {
    return { total: this.pool.totalCount, idle: this.pool.idleCount, waiting: this.pool.waitingCount };
  }

  /** Ends all connections, after what is running on them. */
  async close(): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }

  /** Tells `listener` of every statement until the returned function is called. */
  onStatement(listener: StatementListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** A connection of its own for `work`, outside any transaction: for session-level locks. */
  async withConnection<T>(work: (connection: pg.PoolClient) => Promise<T>): Promise<T> {
    const connection = await this.checkOut();
    let failure: unknown;
    try {
      return await work(connection);
    } catch (error) {
      failure = error;
      throw translateError(error, '');
    } finally {
      connection.release(failure !== undefined);
    }
  }

  private async attempt<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const connection = await this.checkOut();
    const tx = new PostgresTx(this.rows, currentRequestId(), (statement) => this.executeOn(connection, statement));
    const context = { isOpen: true };
    let isUsable = false;
    try {
      await control(connection, 'BEGIN');
      const result = await this.current.run(context, async () => {
        const request = keyedRequest();
        await request?.claim(tx);
        const worked = await work(tx);
        await request?.made(tx, tx.made);
        return worked;
      });
      await tx.end();
      await commit(connection);
      isUsable = true;
      this.runLater(tx);
      return result;
    } catch (error) {
      await tx.end();
      isUsable ||= await rolledBack(connection);
      throw error;
    } finally {
      context.isOpen = false;
      connection.release(!isUsable);
    }
  }

  private runLater(tx: PostgresTx): void {
    for (const work of tx.later) {
      this.current.exit(async () => work()).catch((error: unknown) => this.report('database.after-commit.failed', error));
    }
  }

  private async execute(statement: Statement): Promise<pg.QueryResult> {
    try {
      return await this.executeAlone(statement);
    } catch (error) {
      // Outside a transaction the only contention that a fresh look cures is a plan that has grown old.
      if (error instanceof DatabaseContended && isOutdatedPlan(error.cause)) return this.executeAlone(statement);
      throw error;
    }
  }

  private async executeAlone(statement: Statement): Promise<pg.QueryResult> {
    const connection = await this.checkOut();
    let isUsable = true;
    try {
      return await this.executeOn(connection, statement, (error) => {
        isUsable = leavesConnectionUsable(error);
      });
    } finally {
      connection.release(!isUsable);
    }
  }

  private async executeOn(
    connection: pg.PoolClient, { text, values }: Statement, onError?: (error: unknown) => void,
  ): Promise<pg.QueryResult> {
    for (const listener of this.listeners) listener(text);
    const name = this.names.of(text);
    try {
      return await connection.query(name === undefined ? { text, values } : { name, text, values });
    } catch (error) {
      onError?.(error);
      if (isOutdatedPlan(error)) this.names.renew(text);
      throw translateError(error, text);
    }
  }

  private async checkOut(): Promise<pg.PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw translateError(error, '');
    }
  }
}

async function control(connection: pg.PoolClient, text: string): Promise<pg.QueryResult> {
  try {
    return await connection.query(text);
  } catch (error) {
    throw translateError(error, text);
  }
}

/** PostgreSQL answers COMMIT with ROLLBACK where a statement failed and somebody swallowed the error. */
async function commit(connection: pg.PoolClient): Promise<void> {
  const { command } = await control(connection, 'COMMIT');
  if (command !== 'COMMIT') throw new Bug('database.transaction.failed', 'A statement failed inside a transaction, and its error was swallowed.');
}

async function rolledBack(connection: pg.PoolClient): Promise<boolean> {
  return connection.query('ROLLBACK').then(() => true, () => false);
}
