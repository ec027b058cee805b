import { Inject, Injectable } from '@nestjs/common';
import type { RequestFacts } from '@virga/contract';
import { hostStorageKey, isVolumeKeyRequest, sealPassphrase, VOLUME_KEY_HEADERS, type VolumeKeyReply, type VolumeKeyRequest } from '@virga/contracts-block-storage';
import { CLOCK, NotFound, raise, Unauthenticated, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { VolumeKeys } from './volume-keys.js';

/** The injection token of the installation's storage secret, from which each storage host's key is derived. */
export const STORAGE_SECRET = Symbol('StorageSecret');

class KeyRequestUnsigned extends Unauthenticated {
  constructor() {
    super('block-storage.volume-key.unsigned', 'The request is not signed by a storage host.');
  }
}

class VolumeKeyUnknown extends NotFound {
  constructor() {
    super('block-storage.volume-key.unknown', 'No volume or snapshot on this host has such a key.');
  }
}

/** Answers storage hosts that ask, each in its own name, for passphrases of what they hold. */
@Injectable()
export class VolumeKeysService {
  constructor(
    private readonly db: Database, private readonly keys: VolumeKeys, @Inject(STORAGE_SECRET) private readonly secret: string, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async show(keyId: string, headers: RequestFacts['headers']): Promise<VolumeKeyReply> {
    const [host, time, signature] = [VOLUME_KEY_HEADERS.host, VOLUME_KEY_HEADERS.time, VOLUME_KEY_HEADERS.signature].map((name) => textOf(headers[name]));
    if (host === undefined || time === undefined || signature === undefined || !/^\d{1,15}$/.test(time)) throw new KeyRequestUnsigned();
    const request: VolumeKeyRequest = { host, keyId, time: Number(time) };
    const hostKey = hostStorageKey(this.secret, host);
    if (!isVolumeKeyRequest(hostKey, request, signature, this.clock.now())) throw new KeyRequestUnsigned();
    const passphrase = await this.keys.passphraseFor(this.db, keyId, host) ?? raise(new VolumeKeyUnknown());
    return { sealed: sealPassphrase(hostKey, request, passphrase) };
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
