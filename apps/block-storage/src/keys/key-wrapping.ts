import { randomBytes } from 'node:crypto';
import type { SecretBox } from '@virga/identity-client';

/** What a volume key's box is derived for: `new SecretBox(masterKey, VOLUME_KEYS)`. */
export const VOLUME_KEYS = 'block-storage volume keys';

const PASSPHRASE_BYTES = 32;

/** A new passphrase of 64 hexadecimal digits, sealed for the row of this id. It is nowhere else, and nobody sees it until an agent asks. */
export function newWrappedKey(box: SecretBox, id: string): Buffer {
  return box.seal(randomBytes(PASSPHRASE_BYTES).toString('hex'), context(id));
}

/** The passphrase. Throws `Bug` where the row is another's or the master key is not the one that sealed it. */
export function unwrapKey(box: SecretBox, id: string, wrapped: Uint8Array): string {
  return box.open(wrapped, context(id)).toString('utf8');
}

function context(id: string): string {
  return `volume key ${id}`;
}
