import type { AnyEndpoint } from '@virga/contract';
import { schedules } from '@virga/contracts-block-storage';
import { describeFuzz, describeMatrix } from '@virga/testing';
import { inVersion, LATEST, useSharedBlockStorageWorld } from '../testing/index.js';
import { scheduled, scheduleScenes } from './schedules.scenes.js';

describe('the schedules API', () => {
  const world = useSharedBlockStorageWorld();
  const endpoints = Object.fromEntries(Object.keys(scheduleScenes).map((name) => [name, schedules[name as keyof typeof scheduleScenes] as AnyEndpoint]));
  beforeAll(() => world().limit('schedules', -1));

  describeMatrix({
    basePath: '/v3', endpoints, scenes: scheduleScenes, world, request: (request) => world().request(request), versionHeader: inVersion, latest: LATEST,
  });

  describeFuzz({
    basePath: '/v3', endpoints, request: (request) => world().request(request), as: 'alice', versionHeader: inVersion, versions: ['3.0', '3.70'], runs: 40,
    known: async (parameter) => (parameter === 'schedule_id' ? [await scheduled(world())] : []),
  });
});
