import type { transfers } from '@virga/contracts-block-storage';
import type { Persona, Scene } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';

type Endpoints<Contracts> = { [Name in keyof Contracts as Contracts[Name] extends { readonly method: string } ? Name : never]: Scene<BlockStorageWorld> };

const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
const OUTSIDE: Persona[] = ['bob', 'service'];

async function offered(world: BlockStorageWorld): Promise<{ id: string; auth_key: string }> {
  const body = { transfer: { volume_id: await world.availableVolume() } };
  return (await world.api<{ transfer: { id: string; auth_key: string } }>('POST', '/volume-transfers', body)).transfer;
}

const list: Scene<BlockStorageWorld> = { given: () => ({}), allowed: [...READERS, 'bob'] };
const create: Scene<BlockStorageWorld> = {
  given: async (world) => ({ body: { transfer: { volume_id: await world.availableVolume() } } }), allowed: MEMBERS, invisible: OUTSIDE,
};
const own = (allowed: Persona[]): Scene<BlockStorageWorld> => ({ given: async (world) => ({ params: { transfer_id: (await offered(world)).id } }), allowed, invisible: OUTSIDE });
const accept: Scene<BlockStorageWorld> = {
  given: async (world) => {
    const { id, auth_key } = await offered(world);
    return { params: { transfer_id: id }, body: { accept: { auth_key } } };
  },
  // Whoever may own volumes may take one: the key decides.
  allowed: [...MEMBERS, 'bob'],
};

/** Who may do what with an offer of project demo (Cinder's policy reference, secure RBAC). */
export const transferScenes: Endpoints<typeof transfers> = {
  listTransfers: list, listOldTransfers: list, listTransferDetails: list, listOldTransferDetails: list, createTransfer: create, createOldTransfer: create,
  showTransfer: own(READERS), showOldTransfer: own(READERS), acceptTransfer: accept, acceptOldTransfer: accept, deleteTransfer: own(MEMBERS), deleteOldTransfer: own(MEMBERS),
};
