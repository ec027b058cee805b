import { Inject, Injectable } from '@nestjs/common';
import type { SecretBox } from '@virga/identity-client';
import { newId } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';
import { newWrappedKey, unwrapKey } from './key-wrapping.js';
import { KeysRepository } from './keys.repository.js';

/** The injection token of the `SecretBox` that wraps passphrases. */
export const VOLUME_KEY_SECRETS = Symbol('VolumeKeySecrets');

/** The passphrases of encrypted volumes: a volume's own, which its snapshots and whatever is made from them share. */
@Injectable()
export class VolumeKeys {
  constructor(private readonly keys: KeysRepository, @Inject(VOLUME_KEY_SECRETS) private readonly secrets: SecretBox) {}

  /** Makes a key, in the transaction that makes the volume: neither is ever there without the other. Answers its id. */
  async create(tx: Tx, projectId: string): Promise<string> {
    const id = newId();
    await this.keys.insert(tx, { id, wrapped: newWrappedKey(this.secrets, id) }, projectId);
    return id;
  }

  /** The passphrase, for a storage host that has something encrypted with it; undefined for any other host. */
  async passphraseFor(db: Reader, id: string, host: string): Promise<string | undefined> {
    const key = await this.keys.findForHost(db, id, host);
    return key && unwrapKey(this.secrets, key.id, key.wrapped);
  }
}
