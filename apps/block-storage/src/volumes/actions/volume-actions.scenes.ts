import type { volumeActions, volumeMetadata } from '@virga/contracts-block-storage';
import type { Persona, Scene } from '@virga/testing';
import { IMAGE, type BlockStorageWorld } from '../../testing/index.js';
import { MEMBERS, OUTSIDE, READERS } from '../volumes.scenes.js';

type Endpoints<Contracts> = { [Name in keyof Contracts as Contracts[Name] extends { readonly method: string } ? Name : never]: Scene<BlockStorageWorld> };

const ADMINS: Persona[] = ['admin'];

interface Prepared {
  body?: unknown;
  params?: Record<string, string>;
  /** What the volume needs to be before. */
  prepare?: (world: BlockStorageWorld, id: string) => Promise<unknown>;
  volume?: Record<string, unknown>;
}

/** A volume of project demo to which something is done. */
function onVolume(allowed: Persona[], { body, params = {}, prepare, volume }: Prepared = {}): Scene<BlockStorageWorld> {
  return {
    given: async (world) => {
      const id = await world.availableVolume(volume);
      const more = await prepare?.(world, id);
      return { params: { volume_id: id, ...params }, body: typeof more === 'object' && more !== null ? more : body };
    },
    allowed, invisible: OUTSIDE,
  };
}

/** Who may do what to a volume of project demo (Cinder's policy reference, secure RBAC). */
export const volumeActionScenes: Endpoints<typeof volumeActions> = {
  extendVolume: onVolume(MEMBERS, { body: { 'os-extend': { new_size: 2 } } }),
  extendVolumeCompletion: onVolume(ADMINS, {
    body: { 'os-extend_volume_completion': {} }, prepare: async (world, id) => void await world.act(id, { 'os-reset_status': { status: 'extending' } }, { as: 'admin' }),
  }),
  setVolumeBootable: onVolume(MEMBERS, { body: { 'os-set_bootable': { bootable: true } } }),
  updateVolumeReadOnly: onVolume(MEMBERS, { body: { 'os-update_readonly_flag': { readonly: true } } }),
  resetVolumeStatus: onVolume(ADMINS, { body: { 'os-reset_status': { status: 'error' } } }),
  forceDeleteVolume: onVolume(ADMINS, { body: { 'os-force_delete': {} } }),
  retypeVolume: onVolume(MEMBERS, { body: { 'os-retype': { new_type: '__DEFAULT__' } } }),
  migrateVolume: onVolume(ADMINS, { body: { 'os-migrate_volume': { host: 'node-1@file#file' } } }),
  migrateVolumeCompletion: onVolume(ADMINS, { prepare: async (_world, id) => ({ 'os-migrate_volume_completion': { new_volume: id } }) }),
  uploadVolumeToImage: onVolume(MEMBERS, { body: { 'os-volume_upload_image': { image_name: 'mine' } } }),
  revertVolume: onVolume(MEMBERS, { body: { revert: { snapshot_id: null } } }),
  reimageVolume: onVolume(MEMBERS, { body: { 'os-reimage': { image_id: IMAGE } } }),
  listVolumeImageMetadata: onVolume(READERS, { body: { 'os-show_image_metadata': {} } }),
  setVolumeImageMetadata: onVolume(MEMBERS, { body: { 'os-set_image_metadata': { metadata: { a: 'b' } } } }),
  unsetVolumeImageMetadata: onVolume(MEMBERS, { body: { 'os-unset_image_metadata': { key: 'image_id' } }, volume: { imageRef: IMAGE } }),
  unmanageVolume: onVolume(ADMINS, { body: { 'os-unmanage': {} } }),
  showVolumeEncryption: onVolume(READERS),
  showVolumeEncryptionEntry: onVolume(READERS, { params: { key: 'encryption_key_id' } }),
};

const entry: Prepared = { params: { key: 'a' }, volume: { metadata: { a: 'b' } } };

export const volumeMetadataScenes: Endpoints<typeof volumeMetadata> = {
  listVolumeMetadata: onVolume(READERS),
  addVolumeMetadata: onVolume(MEMBERS, { body: { metadata: { a: 'c' } } }),
  replaceVolumeMetadata: onVolume(MEMBERS, { body: { metadata: { a: 'c' } } }),
  showVolumeMetadataEntry: onVolume(READERS, entry),
  setVolumeMetadataEntry: onVolume(MEMBERS, { ...entry, body: { meta: { a: 'c' } } }),
  deleteVolumeMetadataEntry: onVolume(MEMBERS, entry),
};
