import { blockStorageEndpoints } from '@virga/contracts-block-storage';
import type { AnyEndpoint } from '@virga/contract';
import { describeFuzz, describeMatrix } from '@virga/testing';
import { inVersion, LATEST, useSharedBlockStorageWorld } from '../testing/index.js';
import { volumeScenes } from './volumes.scenes.js';

describe('the volumes API', () => {
  const world = useSharedBlockStorageWorld();
  const endpoints = Object.fromEntries(Object.keys(volumeScenes).map((name) => [name, blockStorageEndpoints[name] as AnyEndpoint]));

  describeMatrix({
    basePath: '/v3', endpoints, scenes: volumeScenes, world, request: (request) => world().request(request), versionHeader: inVersion, latest: LATEST,
  });

  describeFuzz({
    basePath: '/v3', endpoints, request: (request) => world().request(request), as: 'admin', versionHeader: inVersion, versions: ['3.0', '3.27', '3.48', '3.70'], runs: 40,
    known: async (parameter) => (parameter === 'volume_id' ? [await world().availableVolume()] : []),
  });
});
