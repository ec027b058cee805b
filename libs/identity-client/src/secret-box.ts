import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Bug } from '@virga/kernel';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The installation's master key: 32 bytes from which a key for each purpose is derived (HKDF-SHA-256). */
export class MasterKey {
  constructor(private readonly bytes: Buffer) {
    if (bytes.length !== 32) throw new Bug('master-key.length', `The master key has ${bytes.length} bytes instead of 32.`);
  }

  /** Reads the file that holds it: 64 hexadecimal digits. The message of a failure names the file, never its content. */
  static read(file: string): MasterKey {
    const text = readFileSync(file, 'utf8').trim();
    if (!/^[0-9a-f]{64}$/i.test(text)) throw new Bug('master-key.malformed', `${file} does not hold 64 hexadecimal digits.`);
    return new MasterKey(Buffer.from(text, 'hex'));
  }

  /** A key of 32 bytes for one purpose; keys of different purposes tell nothing about each other. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.bytes, '', `virga ${purpose}`, 32));
  }
}

/** Encrypts what must not stand in the database in clear: AES-256-GCM under a key of its own purpose. */
export class SecretBox {
  private readonly key: Buffer;

  constructor(masterKey: MasterKey, purpose: string) {
    this.key = masterKey.derive(purpose);
  }

  /** `context` (the row's id) must be given again to open it: a secret moved to another row does not open. */
  seal(secret: string | Uint8Array, context: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), body]);
  }

  /** Throws `Bug` where the key, the context or the bytes are not those of `seal`. */
  open(sealed: Uint8Array, context: string): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (bytes[0] !== VERSION || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) throw unopenable(context);
    const tagAt = 1 + NONCE_BYTES;
    const bodyAt = tagAt + TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(1, tagAt), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(tagAt, bodyAt));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(bodyAt)), decipher.final()]);
    } catch (cause) {
      throw unopenable(context, cause);
    }
  }
}

function unopenable(context: string, cause?: unknown): Bug {
  return new Bug('secret.unopenable', `The secret of '${context}' does not open with this master key.`, { cause });
}
