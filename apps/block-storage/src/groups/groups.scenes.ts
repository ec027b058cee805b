import { personaNames, type Persona, type Scene } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';

const ADMIN: Persona[] = ['admin'];
const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
/** To these, what belongs to project demo does not exist. */
const OUTSIDE: Persona[] = ['bob', 'service'];

const list: Scene<BlockStorageWorld> = { given: () => ({}), allowed: [...READERS, 'bob'] };
const everybody: Scene<BlockStorageWorld> = { given: () => ({}), allowed: personaNames };

const groupType = async (world: BlockStorageWorld): Promise<string> =>
  (await world.api<{ group_type: { id: string } }>('POST', '/group_types', { group_type: { name: crypto.randomUUID(), group_specs: { a: 'b' } } }, { as: 'admin' })).group_type.id;

/** A scene about a group type that everybody sees. */
const ofType = (allowed: Persona[], { body, key }: { body?: unknown; key?: string } = {}): Scene<BlockStorageWorld> => ({
  given: async (world) => ({ params: { group_type_id: await groupType(world), ...(key !== undefined && { key }) }, ...(body !== undefined && { body }) }), allowed,
});

/** A scene about a group of alice's. */
const own = (allowed: Persona[], { body, volumes = 0, specs = {} }: { body?: unknown; volumes?: number; specs?: Record<string, string> } = {}): Scene<BlockStorageWorld> => ({
  given: async (world) => ({ params: { group_id: await world.availableGroup({ volumes, specs }) }, ...(body !== undefined && { body }) }), allowed, invisible: OUTSIDE,
});

const ownSnapshot = (allowed: Persona[], body?: unknown): Scene<BlockStorageWorld> => ({
  given: async (world) => {
    const id = await world.availableGroupSnapshot(await world.availableGroup({ volumes: 1 }));
    return { params: { group_snapshot_id: id }, ...(body !== undefined && { body }) };
  },
  allowed, invisible: OUTSIDE,
});

/** Who may do what with groups, their types and their snapshots (Cinder's policy reference, secure RBAC). */
export const groupScenes: Readonly<Record<string, Scene<BlockStorageWorld>>> = {
  listGroupTypes: everybody,
  showGroupType: ofType(personaNames),
  createGroupType: { given: () => ({ body: { group_type: { name: crypto.randomUUID() } } }), allowed: ADMIN },
  updateGroupType: ofType(ADMIN, { body: { group_type: { description: 'new' } } }),
  deleteGroupType: ofType(ADMIN),
  listGroupSpecs: ofType(ADMIN),
  createGroupSpecs: ofType(ADMIN, { body: { group_specs: { c: 'd' } } }),
  showGroupSpec: ofType(ADMIN, { key: 'a' }),
  updateGroupSpec: ofType(ADMIN, { key: 'a', body: { a: 'c' } }),
  deleteGroupSpec: ofType(ADMIN, { key: 'a' }),
  listGroups: list,
  listGroupDetails: list,
  showGroup: own(READERS),
  createGroup: { given: async (world) => ({ body: { group: { group_type: await groupType(world), volume_types: ['__DEFAULT__'] } } }), allowed: [...MEMBERS, 'bob'] },
  updateGroup: own(MEMBERS, { body: { group: { name: 'new' } } }),
  deleteGroup: own(MEMBERS, { body: { delete: { 'delete-volumes': true } } }),
  resetGroupStatus: own(ADMIN, { body: { reset_status: { status: 'available' } } }),
  // All of them are refused for everybody: nothing here replicates. What counts is who is told so.
  enableGroupReplication: own(MEMBERS, { body: { enable_replication: {} } }),
  disableGroupReplication: own(MEMBERS, { body: { disable_replication: {} } }),
  failOverGroupReplication: own(MEMBERS, { body: { failover_replication: {} } }),
  listGroupReplicationTargets: own(MEMBERS, { body: { list_replication_targets: {} } }),
  createGroupFromSource: {
    given: async (world) => ({ body: { 'create-from-src': { source_group_id: await world.availableGroup({ volumes: 1 }) } } }), allowed: MEMBERS, invisible: ['bob'],
  },
  listGroupSnapshots: list,
  listGroupSnapshotDetails: list,
  showGroupSnapshot: ownSnapshot(READERS),
  createGroupSnapshot: {
    given: async (world) => ({ body: { group_snapshot: { group_id: await world.availableGroup({ volumes: 1 }) } } }), allowed: MEMBERS, invisible: OUTSIDE,
  },
  deleteGroupSnapshot: ownSnapshot(MEMBERS),
  resetGroupSnapshotStatus: ownSnapshot(ADMIN, { reset_status: { status: 'available' } }),
};
