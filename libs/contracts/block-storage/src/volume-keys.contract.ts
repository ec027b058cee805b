import { endpoint } from '@virga/contract';
import { VolumeKeyReply } from './volume-key.js';

/** For storage hosts only: a signature takes a token's place (see `volume-key.ts`). */
export const showVolumeKey = endpoint({
  route: 'GET /x/volume-keys/{key_id}', atRoot: true, summary: 'The passphrase of an encrypted volume, sealed for the storage host that the volume is on and that asks.',
  view: VolumeKeyReply, replies: 200, policy: 'public', fails: ['block-storage.volume-key.unsigned', 'block-storage.volume-key.unknown'],
});
