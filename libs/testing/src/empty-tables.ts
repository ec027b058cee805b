import type { PostgresDatabase } from '@virga/persistence';

/**
 * Empties tables, named as in SQL, whatever refers to them; sequences go on.
 *
 * TRUNCATE would give each table and each of its indexes a new file, which takes longer than everything that a test writes into them.
 */
export async function emptyTables(database: PostgresDatabase, tables: readonly string[]): Promise<void> {
  // Several statements in one message are one transaction.
  const statements = ['SET LOCAL session_replication_role = replica', ...tables.map((table) => `DELETE FROM ${table}`)];
  await database.withConnection((connection) => connection.query(statements.join('; ')));
}

/** The tables of a schema but for those that migrations fill, as SQL names them. */
export async function tablesOf(database: PostgresDatabase, schema: string, except: readonly string[] = []): Promise<string[]> {
  const rows = await database.sql<{ name: string }>`
    SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
    WHERE schemaname = ${schema} AND tablename <> 'migration' AND tablename <> ALL(${[...except]})`;
  return rows.map(({ name }) => name);
}
