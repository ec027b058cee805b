import type { snapshotActions, snapshots } from '@virga/contracts-block-storage';
import type { Persona, Scene } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';

const ADMIN: Persona[] = ['admin'];
const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
/** To these, what belongs to project demo does not exist. */
const OUTSIDE: Persona[] = ['bob', 'service'];

interface More {
  body?: unknown;
  key?: string;
  /** What the scene does besides. */
  before?: (world: BlockStorageWorld, snapshot: string) => Promise<unknown>;
  mayMiss?: boolean;
}

/** A scene about an available snapshot of alice's. */
const own = (allowed: Persona[], { body, key, before, mayMiss }: More = {}): Scene<BlockStorageWorld> => ({
  given: async (world) => {
    const snapshot = await world.availableSnapshot(await world.availableVolume(), { metadata: { a: 'b' } });
    await before?.(world, snapshot);
    return { params: { snapshot_id: snapshot, ...(key !== undefined && { key }) }, ...(body !== undefined && { body }) };
  },
  allowed, invisible: OUTSIDE, ...(mayMiss === true && { mayMiss }),
});

const manage: Scene<BlockStorageWorld> = {
  given: async (world) => {
    const volume = await world.availableVolume();
    const snapshot = await world.availableSnapshot(volume);
    await world.try('POST', `/snapshots/${snapshot}/action`, { 'os-unmanage': {} }, { as: 'admin' });
    return { body: { snapshot: { volume_id: volume, ref: { 'source-name': `snapshot-${snapshot}` } } } };
  },
  allowed: ADMIN, invisible: OUTSIDE,
};
const listManageable: Scene<BlockStorageWorld> = { given: () => ({ query: 'host=node-1@file%23file' }), allowed: ADMIN };
const list: Scene<BlockStorageWorld> = { given: () => ({}), allowed: [...READERS, 'bob'] };

type Endpoints = Extract<keyof typeof snapshots | keyof typeof snapshotActions, `${'list' | 'create' | 'show' | 'update' | 'delete' | 'add' | 'replace' | 'set' | 'reset' | 'force' | 'unmanage' | 'manage'}${string}`>;

/** Who may do what with a snapshot of project demo (Cinder's policy reference, secure RBAC). */
export const snapshotScenes: { [Name in Exclude<Endpoints, `${string}Rule`>]: Scene<BlockStorageWorld> } = {
  listSnapshots: list,
  listSnapshotDetails: list,
  createSnapshot: { given: async (world) => ({ body: { snapshot: { volume_id: await world.availableVolume() } } }), allowed: MEMBERS, invisible: OUTSIDE },
  showSnapshot: own(READERS),
  updateSnapshot: own(MEMBERS, { body: { snapshot: { name: 'new' } } }),
  deleteSnapshot: own(MEMBERS),
  listSnapshotMetadata: own(READERS),
  addSnapshotMetadata: own(MEMBERS, { body: { metadata: { c: 'd' } } }),
  replaceSnapshotMetadata: own(MEMBERS, { body: { metadata: { c: 'd' } } }),
  showSnapshotMetadataEntry: own(READERS, { key: 'a' }),
  setSnapshotMetadataEntry: own(MEMBERS, { key: 'a', body: { meta: { a: 'c' } } }),
  deleteSnapshotMetadataEntry: own(MEMBERS, { key: 'a' }),
  resetSnapshotStatus: own(ADMIN, { body: { 'os-reset_status': { status: 'error' } } }),
  forceDeleteSnapshot: own(ADMIN, { body: { 'os-force_delete': {} } }),
  updateSnapshotStatus: own(MEMBERS, {
    body: { 'os-update_snapshot_status': { status: 'available' } },
    before: (world, snapshot) => world.try('POST', `/snapshots/${snapshot}/action`, { 'os-reset_status': { status: 'creating' } }, { as: 'admin' }),
  }),
  unmanageSnapshot: own(ADMIN, { body: { 'os-unmanage': {} } }),
  manageSnapshot: manage,
  manageSnapshotOldPath: manage,
  listManageableSnapshots: listManageable,
  listManageableSnapshotDetails: listManageable,
  listManageableSnapshotsOldPath: listManageable,
  listManageableSnapshotDetailsOldPath: listManageable,
};
