import type { OutputOf, Reply } from '@virga/contract';
import type { keypairs } from '@virga/contracts-compute';
import { bareTime } from '../wire/index.js';
import type { Keypair } from './keypair.js';
import type { NewKeypair } from './keypairs.service.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;

export function listedView({ name, publicKey, fingerprint, type }: Keypair): Body<OutputOf<typeof keypairs.listKeypairs>>['keypairs'][number] {
  return { keypair: { name, public_key: publicKey, fingerprint, type } };
}

export function shownView(keypair: Keypair): Body<OutputOf<typeof keypairs.showKeypair>> {
  return {
    keypair: {
      ...listedView(keypair).keypair, user_id: keypair.owner, id: keypair.id, created_at: bareTime(keypair.createdAt),
      updated_at: null, deleted: false, deleted_at: null,
    },
  };
}

export function createdView({ keypair, privateKey }: NewKeypair): Body<OutputOf<typeof keypairs.createKeypair>> {
  return { keypair: { ...listedView(keypair).keypair, user_id: keypair.owner, ...(privateKey !== undefined && { private_key: privateKey }) } };
}
