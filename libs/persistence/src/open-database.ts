import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Bug } from '@virga/kernel';
import type { RowClass } from './database.js';
import { PostgresDatabase, type ReportError } from './postgres-database.js';
import { postgresTypes } from './postgres-types.js';
import { RowSource } from './row-source.js';

/** Where a service's tables are and how they are reached. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`, or `…?host=/socket/directory`. */
  url: string;
  /** The service's own schema, the only one that unqualified names mean. */
  schema: string;
  /** What operators see in pg_stat_activity, followed by the process's id and a random word. */
  applicationName: string;
  /**
   * Connections at most; idle ones are closed after half a minute.
   *
   * Too low: requests wait for each other. Too high: PostgreSQL spends some 10 MiB on each and gets slower for all.
   */
  poolSize?: number;
  /**
   * The longest a statement may take, in milliseconds.
   *
   * Too low: big reports fail. Too high: a stuck statement holds a connection, and its caller, that long.
   */
  statementTimeoutMs?: number;
  /**
   * The longest to wait for a connection, in milliseconds.
   *
   * Too low: a burst of requests is answered 503 though the database is well. Too high: they pile up while it is not.
   */
  connectTimeoutMs?: number;
  /**
   * Whether PostgreSQL is to use an index wherever one serves, however small it believes a table to be. It keeps the plan of a prepared
   * statement until it next analyzes the table: one that was made while the table was empty reads all of it, for a minute of the first
   * rush or longer. For services whose statements are all found by an index; large parts of a table are read more slowly.
   */
  prefersIndexes?: boolean;
  /** The row classes; by default all that have been imported. */
  rows?: readonly RowClass<object>[];
  /** Is told of errors that nobody waits for; by default they are written to stderr. */
  report?: ReportError;
}

/** Makes a service's database usable; connects when first asked something. */
export async function openDatabase(options: DatabaseOptions): Promise<PostgresDatabase> {
  const report = options.report ?? reportToStderr;
  const pool = new pg.Pool(poolConfig(options));
  // A connection that breaks is replaced by the next request; without these listeners the process would end. In the midst
  // of a transaction the next statement says it.
  pool.on('error', (error) => report('database.connection.lost', error));
  pool.on('connect', (connection) => connection.on('error', () => undefined));
  return new PostgresDatabase(options.schema, await RowSource.of(options.rows), pool, report);
}

function poolConfig(options: DatabaseOptions): pg.PoolConfig {
  if (!/^[a-z_]+$/.test(options.schema)) throw new Bug('database.schema', `'${options.schema}' cannot be a schema's name.`);
  const statementTimeout = options.statementTimeoutMs ?? 15_000;
  return {
    connectionString: options.url,
    application_name: processName(options.applicationName),
    max: options.poolSize ?? 10,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
    // The server ends a slow statement; this is for a server that does not answer at all.
    query_timeout: statementTimeout + 5_000,
    types: postgresTypes,
    options: [
      `search_path=${options.schema}`, `statement_timeout=${statementTimeout}`, 'idle_in_transaction_session_timeout=60000',
      'timezone=UTC', 'jit=off', ...(options.prefersIndexes === true ? ['enable_seqscan=off'] : []),
    ].map((setting) => `-c ${setting}`).join(' '),
  };
}

/** The `application_name` of this process's sessions and of no other's, as claims need it; PostgreSQL cuts names after 63 bytes. */
function processName(applicationName: string): string {
  return `${applicationName.slice(0, 40)}/${process.pid}/${randomUUID().slice(0, 8)}`;
}

function reportToStderr(event: string, error: unknown): void {
  process.stderr.write(`${JSON.stringify({ event, error: String(error) })}\n`);
}
