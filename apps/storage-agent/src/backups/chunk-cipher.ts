import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, type CipherGCM, type DecipherGCM } from 'node:crypto';
import type { VolumeKey } from '@virga/ports';

/**
 * The encryption of an encrypted volume's backup: what leaves the volume leaves it encrypted, under a key derived from the volume's own, so
 * that it can be restored for as long as the volume's key is kept. Each chunk is bound to its place in its backup.
 */
export class ChunkCipher {
  private readonly key: Buffer;

  constructor({ passphrase }: VolumeKey, private readonly salt: string) {
    this.key = Buffer.from(hkdfSync('sha256', passphrase, Buffer.from(salt, 'hex'), 'virga backup', 32));
  }

  static newSalt(): string {
    return randomBytes(16).toString('hex');
  }

  encrypting(object: string): { cipher: CipherGCM; nonce: string } {
    const nonce = randomBytes(12);
    return { cipher: createCipheriv('aes-256-gcm', this.key, nonce).setAAD(this.bound(object)), nonce: nonce.toString('hex') };
  }

  decrypting(object: string, nonce: string, tag: string): DecipherGCM {
    const decipher = createDecipheriv('aes-256-gcm', this.key, Buffer.from(nonce, 'hex'), { authTagLength: 16 }).setAAD(this.bound(object));
    return decipher.setAuthTag(Buffer.from(tag, 'hex'));
  }

  private bound(object: string): Buffer {
    return Buffer.from(`${this.salt}/${object}`);
  }
}
