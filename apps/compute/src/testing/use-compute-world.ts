import type { PostgresDatabase } from '@virga/persistence';
import { identityLimits, useDatabase } from '@virga/testing';
import { computeMigrations } from '../migrations/index.js';
import { ComputeWorld } from './compute-world.js';

/** The database of a test file: the schema `compute`, and what of identity's it reads. */
export function useComputeDatabase(): PostgresDatabase & { readonly url: string } {
  return useDatabase({ schema: 'compute', migrations: computeMigrations, others: { identity: identityLimits('compute') } });
}

/** A furnished compute service for each test of the file; call it inside `describe`. */
export function useComputeWorld(): () => ComputeWorld {
  const database = useComputeDatabase();
  let world: ComputeWorld | undefined;
  beforeEach(async () => {
    world = new ComputeWorld(database);
    await world.enter();
    await world.furnish();
  });
  return () => {
    if (world === undefined) throw new Error('The world exists only while tests run.');
    return world;
  };
}
