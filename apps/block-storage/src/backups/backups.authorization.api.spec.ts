import type { AnyEndpoint } from '@virga/contract';
import { backups } from '@virga/contracts-block-storage';
import { describeFuzz, describeMatrix } from '@virga/testing';
import { inVersion, LATEST, useSharedBlockStorageWorld } from '../testing/index.js';
import { aBackup, backupScenes } from './backups.scenes.js';

const contracts: Readonly<Record<string, unknown>> = { ...backups };
const endpoints = Object.fromEntries(Object.keys(backupScenes).map((name) => [name, contracts[name] as AnyEndpoint]));

describe('the API of backups', () => {
  const world = useSharedBlockStorageWorld();

  describeMatrix({
    basePath: '/v3', endpoints, scenes: backupScenes, world, request: (request) => world().request(request), versionHeader: inVersion, latest: LATEST,
  });

  describeFuzz({
    basePath: '/v3', endpoints, request: (request) => world().request(request), as: 'admin', versionHeader: inVersion, versions: ['3.0', '3.18', '3.43', '3.70'], runs: 25,
    known: async (parameter) => (parameter === 'backup_id' ? [await aBackup(world())] : []),
  });
});
