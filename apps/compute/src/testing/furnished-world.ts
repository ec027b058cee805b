import { ComputeWorld } from './compute-world.js';
import { SimulatedPeers } from './simulated-peers.js';
import { useComputeDatabase } from './use-compute-world.js';

/** A compute service with peers that it can pass requests on to. */
export type ConnectedWorld = ComputeWorld & { readonly peers: SimulatedPeers };

/** One furnished compute service for all tests of a file that do not mind each other's leftovers; call it inside `describe`. */
export function useSharedComputeWorld(): () => ConnectedWorld {
  let world: ConnectedWorld | undefined;
  // Declared before the database's own, so that it runs before that.
  afterAll(async () => {
    await world?.running.close();
    world?.peers.close();
  });
  const database = useComputeDatabase();
  beforeAll(async () => {
    const compute = new ComputeWorld(database);
    const peers = await SimulatedPeers.start(compute.cloud);
    world = Object.assign(compute, { peers });
    await world.start({ peers: { network: peers.url, image: peers.url } });
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
