import type { AnyEndpoint } from '@virga/contract';
import { manageable, resourceFilters, transfers, volumeActions, volumeMetadata, volumes } from '@virga/contracts-block-storage';
import { describeFuzz, describeMatrix, personaNames, type Scene } from '@virga/testing';
import { manageableScenes } from './manageable/manageable.scenes.js';
import { inVersion, LATEST, useSharedBlockStorageWorld, type BlockStorageWorld } from './testing/index.js';
import { transferScenes } from './transfers/transfers.scenes.js';
import { READERS } from './volumes/volumes.scenes.js';
import { volumeActionScenes, volumeMetadataScenes } from './volumes/actions/volume-actions.scenes.js';

const scenes: Record<string, Scene<BlockStorageWorld>> = {
  ...volumeActionScenes, ...volumeMetadataScenes, ...transferScenes, ...manageableScenes,
  summarizeVolumes: { given: () => ({}), allowed: [...READERS, 'bob'] },
  listResourceFilters: { given: () => ({}), allowed: personaNames },
};

const contracts: Readonly<Record<string, unknown>> = { ...volumeActions, ...volumeMetadata, ...transfers, ...manageable, ...resourceFilters, ...volumes };
const endpoints = Object.fromEntries(Object.keys(scenes).map((name) => [name, contracts[name] as AnyEndpoint]));

describe('the API of what is done to volumes', () => {
  const world = useSharedBlockStorageWorld();

  describeMatrix({
    basePath: '/v3', endpoints, scenes, world, request: (request) => world().request(request), versionHeader: inVersion, latest: LATEST,
  });

  describeFuzz({
    basePath: '/v3', endpoints, request: (request) => world().request(request), as: 'admin', versionHeader: inVersion, versions: ['3.0', '3.16', '3.55', '3.70'], runs: 25,
    known: async (parameter) => {
      if (parameter === 'volume_id') return [await world().availableVolume()];
      if (parameter !== 'transfer_id') return parameter === 'key' ? ['a', 'cipher'] : [];
      const { transfer } = await world().api<{ transfer: { id: string } }>('POST', '/volume-transfers', { transfer: { volume_id: await world().availableVolume() } });
      return [transfer.id];
    },
  });
});
