import { ComputeWorld } from './compute-world.js';
import { useComputeDatabase } from './use-compute-world.js';

/** One furnished compute service for all tests of a file that do not mind each other's leftovers; call it inside `describe`. */
export function useSharedComputeWorld(): () => ComputeWorld {
  let world: ComputeWorld | undefined;
  // Declared before the database's own, so that it runs before that.
  afterAll(() => world?.running.close());
  const database = useComputeDatabase();
  beforeAll(async () => {
    world = new ComputeWorld(database);
    await world.start();
    await world.furnish();
  });
  return () => {
    if (world === undefined) throw new Error('The world exists only while tests run.');
    return world;
  };
}

/** `inVersion('2.53')` asks for that microversion of the compute API. */
export function inVersion(version: string): Record<string, string> {
  return { 'openstack-api-version': `compute ${version}` };
}
