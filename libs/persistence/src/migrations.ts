import { createHash } from 'node:crypto';
import { Bug } from '@virga/kernel';
import type pg from 'pg';
import { translateError } from './postgres-errors.js';
import type { PostgresDatabase } from './postgres-database.js';

/** One forward step of a schema, hand-written; once released it is never changed. */
export interface Migration {
  /** Unique in its schema and never changed: `0001-create-user`. */
  readonly name: string;
  /** SQL, one statement or several; runs in one transaction with the record that it was done. */
  readonly up: string;
}

/** What identifies a list of migrations, for caching a migrated database. */
export function migrationsChecksum(migrations: readonly Migration[]): string {
  return sha256(migrations.map((migration) => `${migration.name}\n${checksum(migration)}`).join('\n'));
}

/**
 * Brings the database's schema up to date, in the order of the list, and answers the names of what it applied.
 *
 * Safe when several replicas start at once: they wait for each other. A migration unknown to this list was applied by a
 * newer release and is left alone. Throws a `Bug` where an applied migration has been changed since.
 */
export async function migrate(database: PostgresDatabase, migrations: readonly Migration[]): Promise<string[]> {
  requireDistinctNames(migrations);
  return database.withConnection(async (connection) => {
    const ask = patiently(connection);
    await ask('SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0');
    await ask('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`migrate ${database.schema}`]);
    try {
      return await applyMissing(ask, database.schema, migrations);
    } finally {
      await ask('SELECT pg_advisory_unlock_all()');
      await ask('RESET ALL');
    }
  });
}

type Ask = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<pg.QueryResult<Row>>;

const LONGEST_MS = 0x7fffffff;

/** A migration may take hours, and so may waiting for another replica's. */
function patiently(connection: pg.PoolClient): Ask {
  return (text, values) => {
    const question = { text, query_timeout: LONGEST_MS, ...(values && { values }) };
    return connection.query(question);
  };
}

async function applyMissing(ask: Ask, schema: string, migrations: readonly Migration[]): Promise<string[]> {
  await ask(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
  await ask(`
    CREATE TABLE IF NOT EXISTS "${schema}".migration (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  const { rows } = await ask<{ name: string; checksum: string }>(`SELECT name, checksum FROM "${schema}".migration`);
  const applied = new Map(rows.map((row) => [row.name, row.checksum]));
  const missing = migrations.filter((migration) => !isApplied(migration, applied));
  for (const migration of missing) await apply(ask, schema, migration);
  return missing.map((migration) => migration.name);
}

function isApplied(migration: Migration, applied: ReadonlyMap<string, string>): boolean {
  const known = applied.get(migration.name);
  if (known !== undefined && known !== checksum(migration)) {
    throw new Bug('migration.changed', `Migration ${migration.name} was changed after it had been applied; write a new one instead.`);
  }
  return known !== undefined;
}

async function apply(ask: Ask, schema: string, migration: Migration): Promise<void> {
  await ask('BEGIN');
  try {
    await ask(migration.up);
    await ask(`INSERT INTO "${schema}".migration (name, checksum) VALUES ($1, $2)`, [migration.name, checksum(migration)]);
    await ask('COMMIT');
  } catch (error) {
    await ask('ROLLBACK').catch(() => undefined);
    throw new Bug('migration.failed', `Migration ${migration.name} of ${schema} failed.`, { cause: translateError(error, migration.up) });
  }
}

function requireDistinctNames(migrations: readonly Migration[]): void {
  const names = migrations.map((migration) => migration.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new Bug('migration.repeated', `There are two migrations called ${repeated}.`);
}

/** Layout does not count: indentation may follow the code's. */
function checksum(migration: Migration): string {
  return sha256(migration.up.trim().replace(/\s+/g, ' '));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
