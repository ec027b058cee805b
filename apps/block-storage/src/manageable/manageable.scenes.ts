import type { manageable } from '@virga/contracts-block-storage';
import type { Scene } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';

const HOST = 'node-1@file#file';
const list: Scene<BlockStorageWorld> = { given: () => ({ query: `host=${encodeURIComponent(HOST)}` }), allowed: ['admin'] };
const manage: Scene<BlockStorageWorld> = {
  given: async (world) => {
    const id = await world.availableVolume();
    await world.act(id, { 'os-unmanage': {} }, { as: 'admin' });
    return { body: { volume: { host: HOST, ref: { 'source-name': `volume-${id}` } } } };
  },
  allowed: ['admin'],
};

/** Only operators know what backends hold (Cinder's policy reference). */
export const manageableScenes: Record<keyof typeof manageable, Scene<BlockStorageWorld>> = {
  listManageableVolumes: list, listOldManageableVolumes: list, listManageableVolumeDetails: list, listOldManageableVolumeDetails: list,
  manageVolume: manage, manageOldVolume: manage,
};
