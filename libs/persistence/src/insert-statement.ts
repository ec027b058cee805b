import { Bug } from '@virga/kernel';
import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import type { Statement } from './sql.js';

/** `INSERT … RETURNING *` for rows that name the same columns; columns that are undefined are left to their defaults. */
export function insertStatement(row: EntityMetadata, rows: readonly object[]): Statement {
  const columns = namedColumns(row, rows[0] ?? {});
  const values: unknown[] = [];
  const tuples = rows.map((entry) => {
    requireSameColumns(row, columns, entry);
    return `(${columns.map((column) => `$${values.push(bound(column, entry))}`).join(', ')})`;
  });
  const names = columns.map((column) => `"${column.databaseName}"`).join(', ');
  const table = row.tablePath.split('.').map((part) => `"${part}"`).join('.');
  return { text: `INSERT INTO ${table} (${names}) VALUES ${tuples.join(', ')} RETURNING *`, values };
}

function namedColumns(row: EntityMetadata, entry: object): ColumnMetadata[] {
  const columns = row.columns.filter((column) => valueOf(column, entry) !== undefined);
  if (columns.length === 0) throw new Bug('database.insert.empty', `A ${row.tableName} was inserted without any column.`);
  return columns;
}

function requireSameColumns(row: EntityMetadata, columns: readonly ColumnMetadata[], entry: object): void {
  const known = new Set(columns.map((column) => column.propertyName));
  for (const [name, value] of Object.entries(entry)) {
    if (value !== undefined && !known.delete(name)) throw new Bug('database.insert.column', `${row.name} has no '${name}', or not in every row.`);
  }
  if (known.size > 0) throw new Bug('database.insert.column', `A ${row.tableName} lacks ${[...known].join(', ')}, which another of the same insert has.`);
}

function bound(column: ColumnMetadata, entry: object): unknown {
  const value = valueOf(column, entry);
  const isDocument = column.type === 'jsonb' || column.type === 'json';
  return isDocument && value !== null && !column.isArray ? JSON.stringify(value) : value;
}

function valueOf(column: ColumnMetadata, entry: object): unknown {
  return (entry as Record<string, unknown>)[column.propertyName];
}
