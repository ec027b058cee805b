import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import type { RowClass } from './database.js';
import type { PostgresDatabase } from './postgres-database.js';

interface Column {
  schema: string;
  table: string;
  name: string;
  /** As PostgreSQL writes it: `character varying(255)`, `timestamp with time zone`, `text[]`. */
  type: string;
  isNullable: boolean;
  isPrimary: boolean;
}

/**
 * Compares row classes with the migrated tables: columns, types, nullability, primary keys. Answers one line for each
 * difference; a test of every service expects none. Several row classes may share a table and are taken together.
 */
export async function schemaDrift(database: PostgresDatabase, rows: readonly RowClass<object>[]): Promise<string[]> {
  const declared = await declaredColumns(database, rows);
  const tables = [...new Set(declared.map(tableOf))];
  const actual = await actualColumns(database, tables);
  return tables.flatMap((table) => {
    const ofTable = (column: Column): boolean => tableOf(column) === table;
    return tableDrift(table, declared.filter(ofTable), actual.filter(ofTable));
  }).sort();
}

function tableDrift(table: string, declared: readonly Column[], actual: readonly Column[]): string[] {
  if (actual.length === 0) return [`${table}: there is no such table`];
  const undeclared = actual.filter((column) => !declared.some((other) => other.name === column.name));
  return [
    ...declared.flatMap((column) => columnDrift(column, actual.find((other) => other.name === column.name))),
    ...undeclared.map((column) => `${table}.${column.name}: no row class has it`),
  ];
}

function columnDrift(declared: Column, actual: Column | undefined): string[] {
  const name = `${tableOf(declared)}.${declared.name}`;
  if (actual === undefined) return [`${name}: the table does not have it`];
  const differences: string[] = [];
  if (declared.type !== actual.type) differences.push(`${name}: is ${actual.type}, declared as ${declared.type}`);
  if (declared.isNullable !== actual.isNullable) differences.push(`${name}: ${actual.isNullable ? 'may' : 'may not'} be null, declared otherwise`);
  if (declared.isPrimary !== actual.isPrimary) differences.push(`${name}: ${actual.isPrimary ? 'is' : 'is not'} in the primary key, declared otherwise`);
  return differences;
}

async function declaredColumns(database: PostgresDatabase, rows: readonly RowClass<object>[]): Promise<Column[]> {
  const columns = rows.flatMap((row) => {
    const metadata = database.rows.rowMetadata(row);
    return metadata.columns.map((column): Column => ({
      schema: metadata.schema ?? database.schema, table: metadata.tableName, name: column.databaseName,
      type: declaredType(database, column), isNullable: column.isNullable, isPrimary: column.isPrimary,
    }));
  });
  const types = await spelled(database, columns.map((column) => column.type));
  return columns.map((column) => ({ ...column, type: types.get(column.type) ?? column.type }));
}

function declaredType(database: PostgresDatabase, column: ColumnMetadata): string {
  const type = database.rows.driver.normalizeType(column);
  const size = [column.length || column.precision, column.scale].filter((part) => part !== undefined && part !== null && part !== '').join(', ');
  // TypeORM gives times their default precision; written out it would be another type's name.
  const sized = size === '' || type.startsWith('time') ? type : `${type}(${size})`;
  return column.isArray ? `${sized}[]` : sized;
}

/** How PostgreSQL itself writes each type (`int4` is `integer`), its size kept. */
async function spelled(database: PostgresDatabase, types: readonly string[]): Promise<Map<string, string>> {
  const parts = [...new Set(types)].map((type) => ({ type, base: type.replace(/\(.*?\)/, ''), size: /\(.*?\)/.exec(type)?.[0] ?? '' }));
  const rows = await database.sql<{ name: string | null }>`
    SELECT format_type(to_regtype(base), NULL) AS name FROM unnest(${parts.map((part) => part.base)}::text[]) WITH ORDINALITY AS t (base, at) ORDER BY at`;
  return new Map(parts.map(({ type, size }, index) => {
    const name = rows[index]?.name ?? type;
    return [type, name.endsWith('[]') ? `${name.slice(0, -2)}${size}[]` : `${name}${size}`];
  }));
}

async function actualColumns(database: PostgresDatabase, tables: readonly string[]): Promise<Column[]> {
  return database.sql<Column>`
    SELECT n.nspname AS schema, c.relname AS "table", a.attname AS name, replace(format_type(a.atttypid, a.atttypmod), ',', ', ') AS type,
      NOT a.attnotnull AS "isNullable", coalesce(a.attnum = ANY (i.indkey), false) AS "isPrimary"
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname || '.' || c.relname = ANY(${tables})`;
}

function tableOf(column: Column): string {
  return `${column.schema}.${column.table}`;
}
