import { Injectable } from '@nestjs/common';
import { PostgresDatabase } from '@virga/persistence';

/**
 * Upkeep that one process at a time does for the whole cloud. This only saves the others the same work: each job is right
 * also where two run it, should the lock's connection break.
 */
@Injectable()
export class Alone {
  constructor(private readonly database: PostgresDatabase) {}

  /** Does the work, unless another process is doing work of this name right now; undefined then. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
    let outcome: { result: T } | { error: unknown } | undefined;
    await this.database.withConnection(async (connection) => {
      const key = `object-storage ${name}`;
      const { rows } = await connection.query<{ has: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS has', [key]);
      if (rows[0]?.has !== true) return;
      outcome = await work().then((result) => ({ result }), (error: unknown) => ({ error }));
      await connection.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [key]);
    });
    if (outcome === undefined) return undefined;
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  }
}
