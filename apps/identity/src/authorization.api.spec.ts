import 'reflect-metadata';
import { identityEndpoints } from '@virga/contracts-identity';
import { HttpServers } from '@virga/http';
import { apiClient, describeMatrix } from '@virga/testing';
import { identityScenes, SceneWorld, useIdentity } from './testing/index.js';

describe('the identity service', () => {
  const world = new SceneWorld(useIdentity());
  beforeAll(() => world.start(), 60_000);
  const client = apiClient(() => world.identity.app.get(HttpServers).server('identity'));

  describeMatrix({ basePath: '/v3', endpoints: identityEndpoints, scenes: identityScenes, world: () => world, request: world.request(client) });
});
