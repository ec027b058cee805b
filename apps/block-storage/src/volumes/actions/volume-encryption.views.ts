import { NotFound } from '@virga/kernel';
import type { VolumeEncryption } from './volume-encryption.repository.js';

class EntryUnknown extends NotFound {
  constructor(key: string) {
    super('block-storage.volume.encryption-unknown', `There is no ${key.slice(0, 40)} of a volume's encryption.`);
  }
}

/** One entry of how a volume is encrypted. Throws `NotFound`. */
export function encryptionEntry(encryption: VolumeEncryption, key: string): string | number | null {
  const entry = Object.entries(encryption).find(([name]) => name === key);
  if (entry === undefined) throw new EntryUnknown(key);
  return entry[1] ?? null;
}
