import { computeEndpoints } from '@virga/contracts-compute';
import { describeFuzz, describeMatrix } from '@virga/testing';
import { ComputeWorld, useComputeDatabase } from '../testing/index.js';
import { serverScenes } from './servers.scenes.js';

/** Changing a password is refused for everybody: there is nothing to authorize against but the refusal. */
const endpoints = Object.fromEntries(Object.keys(serverScenes).map((name) => [name, computeEndpoints[name] as NonNullable<(typeof computeEndpoints)[string]>]));
const versionHeader = (version: string): Record<string, string> => ({ 'openstack-api-version': `compute ${version}` });

describe('the servers API', () => {
  const database = useComputeDatabase();
  let world: ComputeWorld;
  beforeAll(async () => {
    world = new ComputeWorld(database);
    await world.start();
    await world.furnish();
    await world.unlimited();
  });
  afterAll(() => world.running.close());

  describeMatrix({
    basePath: '/v2.1', endpoints, scenes: serverScenes, world: () => world, request: (request) => world.request(request), versionHeader, latest: '2.93',
  });

  describeFuzz({
    basePath: '/v2.1', endpoints, request: (request) => world.request(request), as: 'admin', versionHeader,
    versions: ['2.1', '2.26', '2.37', '2.60', '2.75', '2.93'], runs: 40,
    known: async (parameter) => (parameter === 'server_id' ? [await world.activeServer()] : []),
  });
});
