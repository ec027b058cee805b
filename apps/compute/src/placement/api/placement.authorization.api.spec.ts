import { randomUUID } from 'node:crypto';
import { placement } from '@virga/contracts-compute';
import { describeFuzz, describeMatrix, type ApiRequest } from '@virga/testing';
import { SceneWorld, useSharedComputeWorld } from '../../testing/index.js';
import { placementScenes } from './placement.scenes.js';

const versionHeader = (version: string): Record<string, string> => ({ 'openstack-api-version': `placement ${version}` });

describe('the placement API', () => {
  const compute = useSharedComputeWorld();
  let world: SceneWorld;
  beforeAll(() => { world = new SceneWorld(compute()); });
  const request = (asked: ApiRequest) => world.placement(asked);

  describeMatrix({ basePath: '', endpoints: placement.placementEndpoints, scenes: placementScenes, world: () => world, request, versionHeader, latest: '1.39' });

  const consumer = randomUUID();
  const known: Readonly<Record<string, () => Promise<string[]> | string[]>> = {
    uuid: async () => [await world.provider(), (await world.host()).id],
    consumer_uuid: async () => [consumer, await world.server()],
    resource_class: () => ['VCPU', 'MEMORY_MB'],
    name: () => ['VCPU', 'CUSTOM_FUZZ', 'HW_CPU_X86_VMX'],
  };

  describeFuzz({
    basePath: '', endpoints: placement.placementEndpoints, request, as: 'admin', runs: 40, known: (parameter) => known[parameter]?.() ?? [], versionHeader,
    versions: ['1.0', '1.7', '1.12', '1.20', '1.28', '1.36', '1.39'],
  });
});
