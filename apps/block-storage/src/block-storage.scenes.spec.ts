import { blockStorageEndpoints } from '@virga/contracts-block-storage';
import { uncovered, type Scenes } from '@virga/testing';
import { blockStorageScenes } from './block-storage.scenes.js';

describe('the scenes of block storage', () => {
  it('cover every endpoint', () => {
    expect(uncovered(blockStorageEndpoints, blockStorageScenes as Scenes<never>)).toEqual([]);
  });

  it('belong to endpoints', () => {
    expect(Object.keys(blockStorageScenes).filter((name) => blockStorageEndpoints[name] === undefined)).toEqual([]);
  });
});
