import { Bug } from '@virga/kernel';
import pg from 'pg';
import {
  DataSource, type EntityMetadata, type ObjectLiteral, QueryResult, type QueryRunner, type SelectQueryBuilder, getMetadataArgsStorage,
} from 'typeorm';
import type { RowClass } from './database.js';
import type { Statement } from './sql.js';

/** Runs a statement; its errors are translated already. */
export type Execute = (statement: Statement) => Promise<pg.QueryResult>;

/**
 * TypeORM as far as we use it: what row classes mean, and its query builder.
 *
 * It never connects. Connections, transactions and errors are ours, so that a query built here runs on the same pool,
 * in the same transaction and with the same translation of errors as a written statement.
 */
export class RowSource extends DataSource {
  /** Learns the given row classes; by default every one that has been imported so far. */
  static async of(rows: readonly RowClass<object>[] = importedRows()): Promise<RowSource> {
    const source = new RowSource({ type: 'postgres', driver: pg, entities: [...rows], installExtensions: false });
    await source.buildMetadatas();
    source.entityMetadatas.forEach(requireFlatColumns);
    return source;
  }

  /** What is known of a row class. */
  rowMetadata(row: RowClass<object>): EntityMetadata {
    if (!this.hasMetadata(row)) throw new Bug('database.row.unknown', `${row.name} was not imported before the database was opened.`);
    return this.getMetadata(row);
  }

  /** A query over `row` whose statements run through `execute`. */
  queryFor<Row extends ObjectLiteral>(row: RowClass<Row>, alias: string, execute: Execute, isTransactionActive: boolean): SelectQueryBuilder<Row> {
    this.rowMetadata(row);
    const runner = this.createQueryRunner();
    return this.createQueryBuilder(row, alias, Object.assign(runner, { isTransactionActive, query: queryThrough(execute) }));
  }
}

function queryThrough(execute: Execute): QueryRunner['query'] {
  const query = async (text: string, values: unknown[] = [], isStructured = false): Promise<unknown> => {
    const answer = await execute({ text, values });
    if (!isStructured) return answer.rows;
    return Object.assign(new QueryResult(), { raw: answer.rows, records: answer.rows, affected: answer.rowCount ?? 0 });
  };
  return query as QueryRunner['query'];
}

function importedRows(): RowClass<object>[] {
  return getMetadataArgsStorage().tables.map((table) => table.target).filter((target) => typeof target === 'function') as RowClass<object>[];
}

/** A row is flat and its properties are called as its columns are: rows read by hand and by TypeORM look alike. */
function requireFlatColumns(row: EntityMetadata): void {
  if (row.relations.length > 0) throw new Bug('database.row.relation', `${row.name} has relations; rows are flat.`);
  const renamed = row.columns.find((column) => column.propertyName !== column.databaseName);
  if (renamed !== undefined) throw new Bug('database.row.renamed', `${row.name}.${renamed.propertyName} is not called as its column is.`);
}
