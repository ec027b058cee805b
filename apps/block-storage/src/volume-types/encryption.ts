import { Invalid } from '@virga/kernel';

export interface EncryptionSettings {
  provider: string;
  cipher: string | null;
  /** In bits. */
  keySize: number | null;
  /** Who encrypts: the host that a volume is attached to, or the storage. */
  controlLocation: string;
}

/** How volumes of a type are encrypted. */
export interface Encryption extends EncryptionSettings {
  typeId: string;
  id: string;
  createdAt: Date;
  updatedAt: Date | null;
}

/** LUKS by its names of all times: hosts make the current format of all of them. */
const LUKS = new Set([
  'luks', 'luks2', 'LuksEncryptor', 'Luks2Encryptor', 'nova.volume.encryptors.luks.LuksEncryptor', 'os_brick.encryptors.luks.LuksEncryptor',
  'os_brick.encryptors.luks.Luks2Encryptor',
]);
/** What QEMU encrypts LUKS volumes with. */
const CIPHER = 'aes-xts-plain64';
/** XTS takes two keys of 128 or 256 bits. */
const KEY_SIZES = [256, 512];

class EncryptionUnsupported extends Invalid {
  constructor(what: string) {
    super('block-storage.volume-type.encryption.unsupported', `Volumes of this type cannot be encrypted as it says: ${what}.`);
  }
}

/** Throws `Invalid` where a volume of the type could not be encrypted as the type says. */
export function requireEncryptable({ provider, cipher, keySize, controlLocation }: EncryptionSettings): void {
  if (!LUKS.has(provider)) throw new EncryptionUnsupported(`the provider '${provider.slice(0, 64)}' is not luks`);
  if (controlLocation !== 'front-end') throw new EncryptionUnsupported('the control location is not front-end');
  if (cipher !== null && cipher !== '' && cipher !== CIPHER) throw new EncryptionUnsupported(`the cipher '${cipher.slice(0, 64)}' is not ${CIPHER}`);
  if (keySize !== null && !KEY_SIZES.includes(keySize)) throw new EncryptionUnsupported(`a key of ${keySize} bits is none of ${KEY_SIZES.join(' or ')}`);
}
