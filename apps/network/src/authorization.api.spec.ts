import 'reflect-metadata';
import { networkEndpoints } from '@virga/contracts-network';
import { demoProject, describeMatrix, otherProject } from '@virga/testing';
import { networkScenes } from './testing/network-scenes.js';
import { useNetwork } from './testing/network-world.js';

describe('the network API', () => {
  const world = useNetwork();

  beforeAll(async () => {
    for (const project of [demoProject, otherProject]) await world.unlimit(project);
  });

  describeMatrix({ basePath: '/v2.0', endpoints: networkEndpoints, scenes: networkScenes, world: () => world, request: (request) => world.request(request) });
});
