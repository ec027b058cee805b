import type { VolumeKey } from '@virga/ports';
import { refused } from './failures.js';

/**
 * The keys of volumes that are exported now, in memory only: so that exports come back when the storage daemon dies. After
 * a restart of this process they are unknown until the caller exports again.
 */
export class VolumeKeys {
  private readonly known = new Map<string, VolumeKey>();

  remember(key: VolumeKey | undefined): void {
    if (key) this.known.set(key.id, key);
  }

  forget(keyId: string | undefined): void {
    if (keyId !== undefined) this.known.delete(keyId);
  }

  /** The key for something made with `keyId`: the given one or one that is remembered. `Refused` where there is none that fits. */
  require(keyId: string | undefined, given?: VolumeKey): VolumeKey | undefined {
    const key = this.find(keyId, given);
    if (keyId !== undefined && key === undefined) throw refused('the volume is encrypted and its key was not given');
    return key;
  }

  find(keyId: string | undefined, given?: VolumeKey): VolumeKey | undefined {
    if (given !== undefined && given.id !== keyId) throw refused('the given key is not the one that the volume was made with');
    return keyId === undefined ? undefined : given ?? this.known.get(keyId);
  }
}
