import type { resourceFilters, volumes } from '@virga/contracts-block-storage';
import type { Persona, Scene } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';

export const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
export const READERS: Persona[] = [...MEMBERS, 'reader'];
/** To these, what belongs to project demo does not exist. */
export const OUTSIDE: Persona[] = ['bob', 'service'];

type VolumeEndpoints = Extract<
  keyof typeof volumes | keyof typeof resourceFilters,
  `${'create' | 'list' | 'show' | 'update' | 'delete'}Volume${'s' | 'Details' | 'Placement' | ''}` | 'summarizeVolumes' | 'listResourceFilters'
>;

const own = (allowed: Persona[], more: { body?: unknown; query?: string; mayMiss?: boolean } = {}): Scene<BlockStorageWorld> => ({
  given: async (world) => ({ params: { volume_id: await world.availableVolume() }, ...more }),
  allowed, invisible: OUTSIDE, ...(more.mayMiss === true && { mayMiss: true }),
});

/** Who may do what with a volume of project demo (Cinder's policy reference, secure RBAC). */
export const volumeScenes: { [Name in VolumeEndpoints]: Scene<BlockStorageWorld> } = {
  createVolume: { given: () => ({ body: { volume: { size: 1 } } }), allowed: [...MEMBERS, 'bob'] },
  listVolumes: { given: () => ({}), allowed: [...READERS, 'bob'] },
  listVolumeDetails: { given: () => ({}), allowed: [...READERS, 'bob'] },
  summarizeVolumes: { given: () => ({}), allowed: [...READERS, 'bob'] },
  listResourceFilters: { given: () => ({}), allowed: [...READERS, 'bob', 'guest', 'service'] },
  showVolume: own(READERS),
  updateVolume: own(MEMBERS, { body: { volume: { name: 'new' } } }),
  deleteVolume: own(MEMBERS),
  showVolumePlacement: own(READERS),
};
