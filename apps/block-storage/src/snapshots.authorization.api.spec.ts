import type { AnyEndpoint } from '@virga/contract';
import { groups, groupSnapshots, groupTypes, snapshotActions, snapshots } from '@virga/contracts-block-storage';
import { describeFuzz, describeMatrix } from '@virga/testing';
import { groupScenes } from './groups/groups.scenes.js';
import { snapshotScenes } from './snapshots/snapshots.scenes.js';
import { inVersion, LATEST, useSharedBlockStorageWorld } from './testing/index.js';

const scenes = { ...snapshotScenes, ...groupScenes };
const contracts: Readonly<Record<string, unknown>> = { ...snapshots, ...snapshotActions, ...groups, ...groupSnapshots, ...groupTypes };
const endpoints = Object.fromEntries(Object.keys(scenes).map((name) => [name, contracts[name] as AnyEndpoint]));

describe('the API of snapshots and groups', () => {
  const world = useSharedBlockStorageWorld();

  describeMatrix({
    basePath: '/v3', endpoints, scenes, world, request: (request) => world().request(request), versionHeader: inVersion, latest: LATEST,
  });

  describeFuzz({
    basePath: '/v3', endpoints, request: (request) => world().request(request), as: 'admin', versionHeader: inVersion, versions: ['3.0', '3.14', '3.31', '3.66', '3.70'], runs: 25,
    known: async (parameter) => {
      if (parameter === 'snapshot_id') return [await world().availableSnapshot(await world().availableVolume({}, 'admin'), {}, 'admin')];
      if (parameter === 'group_id') return [await world().availableGroup({ volumes: 1 })];
      if (parameter === 'group_snapshot_id') return [await world().availableGroupSnapshot(await world().availableGroup({ volumes: 1 }))];
      return parameter === 'key' ? ['a'] : [];
    },
  });
});
