import type { PostgresDatabase } from '@virga/persistence';
import { identityLimits, useDatabase } from '@virga/testing';
import { blockStorageMigrations } from '../migrations/index.js';
import { BlockStorageWorld } from './block-storage-world.js';

/** The database of a test file: the schema `block_storage`, and what of identity's it reads. */
export function useBlockStorageDatabase(): PostgresDatabase & { readonly url: string } {
  return useDatabase({ schema: 'block_storage', migrations: blockStorageMigrations, others: { identity: identityLimits('block-storage') } });
}

/** A furnished block storage service for each test of the file; call it inside `describe`. */
export function useBlockStorageWorld(): () => BlockStorageWorld {
  const database = useBlockStorageDatabase();
  let world: BlockStorageWorld | undefined;
  beforeEach(async () => {
    world = new BlockStorageWorld(database);
    await world.enter();
    await world.furnish();
  });
  return () => {
    if (world === undefined) throw new Error('The world exists only while tests run.');
    return world;
  };
}

/** One furnished block storage service without limits for all tests of a file that do not mind each other's leftovers; call it inside `describe`. */
export function useSharedBlockStorageWorld(): () => BlockStorageWorld {
  const database = useBlockStorageDatabase();
  let world: BlockStorageWorld | undefined;
  beforeAll(async () => {
    world = new BlockStorageWorld(database);
    await world.start();
    await world.furnish();
    await world.unlimited();
  });
  afterAll(() => world?.running.close());
  return () => {
    if (world === undefined) throw new Error('The world exists only while tests run.');
    return world;
  };
}
