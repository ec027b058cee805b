import { blockStorageEndpoints } from '@virga/contracts-block-storage';
import { demoProject, describeFuzz, describeMatrix } from '@virga/testing';
import { makeMessage, makeQos, makeType, operatorScenes } from './operators.scenes.js';
import { inVersion, LATEST, useSharedBlockStorageWorld } from './testing/index.js';

describe('the block storage API for operators', () => {
  const world = useSharedBlockStorageWorld();
  const endpoints = Object.fromEntries(Object.entries(blockStorageEndpoints).filter(([name]) => operatorScenes[name] !== undefined));

  describeMatrix({
    basePath: '/v3', endpoints, scenes: operatorScenes, world, request: (request) => world().request(request), versionHeader: inVersion, latest: LATEST,
  });

  /** Things that exist, by the name of the path parameter that means them. */
  const known: Readonly<Record<string, () => Promise<string[]> | string[]>> = {
    type_id: async () => [await makeType(world()), await makeType(world(), { 'os-volume-type-access:is_public': false }), 'default'],
    key: () => ['multiattach'],
    encryption_id: () => ['cipher'],
    project_id: () => [demoProject],
    class_name: () => ['default'],
    qos_id: async () => [await makeQos(world())],
    host_name: () => ['node-1@file', 'node-1@file#file', 'node-1'],
    cluster_name: () => ['none'],
    message_id: async () => [await makeMessage(world())],
    alias: () => ['os-hosts'],
  };

  describeFuzz({
    basePath: '/v3', endpoints, request: (request) => world().request(request), as: 'admin', versionHeader: inVersion, versions: ['3.0', '3.3', '3.7', '3.28', '3.39', '3.62', LATEST],
    runs: 25, known: (parameter) => known[parameter]?.() ?? [],
  });
});
