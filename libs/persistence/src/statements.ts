import type { PostgresDatabase } from './postgres-database.js';

/** What was asked of a database while something ran, transaction control not counted. */
export interface CountedStatements<T> {
  count: number;
  statements: string[];
  result: T;
}

/** Counts the statements that `database` runs during `work`, whoever asked them: a list's number must not depend on its length. */
export async function countStatements<T>(database: PostgresDatabase, work: () => Promise<T>): Promise<CountedStatements<T>> {
  const statements: string[] = [];
  const stop = database.onStatement((text) => statements.push(text));
  try {
    const result = await work();
    return { count: statements.length, statements, result };
  } finally {
    stop();
  }
}
