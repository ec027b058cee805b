import { blockStorageEndpoints } from '@virga/contracts-block-storage';
import { describeFuzz, describeMatrix } from '@virga/testing';
import { inVersion, LATEST, useSharedBlockStorageWorld } from '../testing/index.js';
import { AttachmentsDesk } from './attachments-desk.fixture.js';
import { attachmentScenes } from './attachments.scenes.js';

const endpoints = Object.fromEntries(Object.keys(attachmentScenes).map((name) => [name, blockStorageEndpoints[name] as NonNullable<(typeof blockStorageEndpoints)[string]>]));

describe('the attachments API', () => {
  const world = useSharedBlockStorageWorld();

  describeMatrix({ basePath: '/v3', endpoints, scenes: attachmentScenes, world, request: (request) => world().request(request), versionHeader: inVersion, latest: LATEST });

  describeFuzz({
    // What waits for the storage host is answered while the world moves.
    basePath: '/v3', endpoints, request: (request) => new AttachmentsDesk(world()).moving(() => world().request(request)), as: 'admin', versionHeader: inVersion,
    versions: ['3.0', '3.27', '3.44', '3.54', LATEST], runs: 30,
    known: async (parameter) => (parameter === 'volume_id' ? [await world().availableVolume()] : []),
  });
});
